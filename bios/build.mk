# SPDX-License-Identifier: BSD-2-Clause-Patent
# The BIOS option ROMs: a relocatable 32-bit image, compressed by tools/romtool, behind the 16-bit code that unpacks it.
# What an image contains is what is linked: everything but the drivers of other cards.

BIOS_BUILD := $(BUILD)/bios
BIOS_LINK  := $(CC) -m32 -nostdlib -no-pie -static -Wl,--build-id=none -Wl,-z,max-page-size=16 -Wl,-z,noexecstack \
  -Wl,--no-warn-rwx-segments

# The cards that get a ROM, and the driver of each (drivers/DRIVER*.c).
NIC_DRIVERS := 8086-100e:intel 8086-10d3:intel 1af4-1000:virtio 1af4-1041:virtio
BIOS_DRIVERS := $(sort $(foreach n,$(NIC_DRIVERS),$(lastword $(subst :, ,$n))))
ROMS := $(foreach n,$(NIC_DRIVERS),$(OUT)/rom/$(firstword $(subst :, ,$n)).rom)

BIOS_OBJECT = $(patsubst %,$(BIOS_BUILD)/%.o,$(basename $(sort $1)))
BIOS_IMAGE_OBJECTS := $(call BIOS_OBJECT,$(wildcard bios/*.[cS] bios/platform/*.[cS] bios/realmode/*.[cS] \
  bios/pxe/*.[cS]) $(FIRMWARE) drivers/drivers.c)
BIOS_ROM_OBJECTS := $(call BIOS_OBJECT,$(filter-out bios/rom/payload.S,$(wildcard bios/rom/*.[cS])))

# The unpacking code runs at an address known to nobody, so it must have no data and call no library.
$(BIOS_BUILD)/bios/rom/%.o: private BIOS_FLAGS += -fno-jump-tables -mstringop-strategy=rep_byte

# DEBUG=1 copies everything printed and logged to port E9 (QEMU: -debugcon).
ifdef DEBUG
$(BIOS_BUILD)/bios/platform/console.o: private BIOS_FLAGS += -DBIOS_DEBUG_PORT
endif

# $1: a driver
define BIOS_ROM_OF_DRIVER
$(BIOS_BUILD)/$1/image.elf: $(BIOS_IMAGE_OBJECTS) $(call BIOS_OBJECT,$(wildcard drivers/$1*.c)) bios/image.lds
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@) $(BIOS_LINK) -Wl,--emit-relocs -Wl,--gc-sections -Wl,--no-check-sections -T bios/image.lds -Wl,-Map=$$@.map \
	  -o $$@ $$(filter %.o,$$^)

$(BIOS_BUILD)/$1/payload: $(BIOS_BUILD)/$1/image.elf tools/romtool
	@tools/romtool pack $$< $$@

$(BIOS_BUILD)/$1/payload.o: bios/rom/payload.S $(BIOS_BUILD)/$1/payload
	$$(call say,BIOS,$$<) $(CC) $$(BIOS_FLAGS) -DPAYLOAD='"$(BIOS_BUILD)/$1/payload"' -c -o $$@ $$<

$(BIOS_BUILD)/$1/rom.elf: $(BIOS_ROM_OBJECTS) $(BIOS_BUILD)/$1/payload.o bios/rom/rom.lds
	$$(call say,LINK,$$@) $(BIOS_LINK) -T bios/rom/rom.lds -o $$@ $$(filter %.o,$$^)

$(BIOS_BUILD)/$1/rom.bin: $(BIOS_BUILD)/$1/rom.elf
	@objcopy -O binary -j .rom $$< $$@
endef
$(foreach d,$(BIOS_DRIVERS),$(eval $(call BIOS_ROM_OF_DRIVER,$d)))

# $1: card as VVVV-DDDD  $2: driver
define BIOS_ROM_OF_NIC
$(BIOS_BUILD)/rom/$1.rom: $(BIOS_BUILD)/$2/rom.bin tools/romtool
	@mkdir -p $$(@D)
	@tools/romtool finish $$< $$@ $(subst -,:,$1)
endef
$(foreach n,$(NIC_DRIVERS),$(eval $(call BIOS_ROM_OF_NIC,$(firstword $(subst :, ,$n)),$(lastword $(subst :, ,$n)))))

# Boot programs that test the API from where its callers are: real mode. One for each way a boot program can end.
NBP_ENDS := return_success return_failure return_after_smash leave_by_int18 leave_by_int19 leave_hooked restart_tftp
NBPS     := $(NBP_ENDS:%=$(OUT)/nbp/api_trap-%.0) $(OUT)/nbp/multicast.0 $(OUT)/nbp/undi_load.0

$(OUT)/nbp/api_trap-%.elf: tests/boot/nbp/api_trap.S tests/boot/nbp/nbp.lds $(wildcard tests/boot/nbp/*.inc)
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(CC) -m32 -nostdlib -no-pie -static -Wl,--build-id=none,--no-warn-rwx-segments -I. -DEND=$* \
	  $(if $(filter return% leave%,$*),-DKEEP_HOOKS) -T tests/boot/nbp/nbp.lds -o $@ $<

$(OUT)/nbp/multicast.elf: tests/bench/nbp/print.inc
$(OUT)/nbp/undi_load.elf: tests/boot/nbp/report.inc

$(OUT)/nbp/multicast.elf $(OUT)/nbp/undi_load.elf: $(OUT)/nbp/%.elf: tests/boot/nbp/%.S tests/boot/nbp/nbp.lds
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(CC) -m32 -nostdlib -no-pie -static -Wl,--build-id=none,--no-warn-rwx-segments -I. \
	  -T tests/boot/nbp/nbp.lds -o $@ $<

$(OUT)/nbp/%.0: $(OUT)/nbp/%.elf
	@objcopy -O binary -j .nbp $< $@

nbps: $(NBPS)
.PHONY: nbps

# Parts of this platform that know no machine are tested on the host.
$(BIOS_BUILD)/intel/image.bin: $(BIOS_BUILD)/intel/image.elf
	objcopy -O binary $< $@
$(OUT)/host/unit/test_memory_ranges: $(BUILD)/host/bios/realmode/memory_ranges.o
$(OUT)/host/unit/test_rom_unpack: $(BUILD)/host/bios/rom/lzma.o $(BUILD)/host/bios/rom/unpack.o \
  | $(BIOS_BUILD)/intel/payload $(BIOS_BUILD)/intel/image.bin
