# The BIOS option ROM: a relocatable 32-bit image, compressed (tools/romtool), behind the 16-bit code that unpacks it.

BIOS_BUILD := $(BUILD)/bios
BIOS_LINK  := $(CC) -m32 -nostdlib -no-pie -static -Wl,--build-id=none -Wl,-z,max-page-size=16 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments

# What of the PCI ids below gets a ROM of its own: make rom NIC=8086:100e for another.
NICS := 8086:100e 8086:10d3 1af4:1000 1af4:1041
ROMS := $(foreach n,$(NICS),$(OUT)/rom/$(subst :,-,$n).rom)

BIOS_IMAGE_SOURCES := bios/entry.S bios/main.c \
  $(sort $(wildcard bios/platform/*.[cS] bios/realmode/*.[cS] bios/pxe/*.[cS])) $(FIRMWARE) $(DRIVERS)
BIOS_IMAGE_OBJECTS := $(patsubst %,$(BIOS_BUILD)/%.o,$(basename $(BIOS_IMAGE_SOURCES)))
BIOS_ROM_OBJECTS   := $(patsubst bios/rom/%,$(BIOS_BUILD)/bios/rom/%.o,$(basename $(sort $(wildcard bios/rom/*.[cS]))))

# The unpacking code runs at an address known to nobody, so it must have no data and call no library.
$(BIOS_BUILD)/bios/rom/%.o: private BIOS_FLAGS += -fno-tree-loop-distribute-patterns -fno-jump-tables

$(BIOS_BUILD)/bios/rom/bev.o: private BIOS_FLAGS += -DPAYLOAD='"$(BIOS_BUILD)/payload"'
$(BIOS_BUILD)/bios/rom/bev.o: $(BIOS_BUILD)/payload

# DEBUG=1 copies everything printed and logged to port E9 (QEMU: -debugcon).
ifdef DEBUG
$(BIOS_BUILD)/bios/platform/console.o: private BIOS_FLAGS += -DBIOS_DEBUG_PORT
endif

$(BIOS_BUILD)/image.elf: $(BIOS_IMAGE_OBJECTS) bios/image.lds
	$(BIOS_LINK) -Wl,--emit-relocs -Wl,--gc-sections -Wl,--no-check-sections -T bios/image.lds -Wl,-Map=$@.map \
	  -o $@ $(BIOS_IMAGE_OBJECTS) -lgcc

$(BIOS_BUILD)/payload: $(BIOS_BUILD)/image.elf tools/romtool
	tools/romtool pack $< $@

$(BIOS_BUILD)/rom.elf: $(BIOS_ROM_OBJECTS) bios/rom/rom.lds
	$(BIOS_LINK) -T bios/rom/rom.lds -o $@ $(BIOS_ROM_OBJECTS)

$(BIOS_BUILD)/rom.bin: $(BIOS_BUILD)/rom.elf
	objcopy -O binary -j .rom $< $@

$(OUT)/rom/%.rom: $(BIOS_BUILD)/rom.bin tools/romtool
	@mkdir -p $(@D)
	tools/romtool finish $< $@ $(subst -,:,$*)

rom: $(if $(NIC),$(OUT)/rom/$(subst :,-,$(NIC)).rom,$(ROMS)) ## the option ROMs, or one: NIC=8086:100e
.PHONY: rom
