# SPDX-License-Identifier: BSD-2-Clause-Patent
# The EFI images: clang for Windows targets and lld-link make them as PE from the start; of gnu-efi only the headers are
# used. Objects go to build/efi-x64 and build/efi-ia32.

EFI_MACHINES    := x64 ia32
EFI_TARGET_x64  := x86_64-unknown-windows
EFI_TARGET_ia32 := i686-unknown-windows
EFI_HEADERS     := /usr/include/efi
EFI_HEADERS_x64 := $(EFI_HEADERS)/x86_64
EFI_HEADERS_ia32 := $(EFI_HEADERS)/ia32
# Nobody probes the stack below a large frame, so there may be none: the guard page, if there is one, is 4 KiB.
EFI_FLAGS := $(COMMON) -Os -ffreestanding -fshort-wchar -mno-red-zone -mgeneral-regs-only -mno-stack-arg-probe \
  -fstack-usage -Wframe-larger-than=4000 -fno-stack-protector -fno-common -fwrapv -ffunction-sections -fdata-sections -fno-jump-tables \
  -DGNU_EFI_USE_MS_ABI -Wno-unused-command-line-argument -isystem efi/libc -isystem $(EFI_HEADERS)
EFI_LINK := lld-link -lldignoreenv -nodefaultlib -dynamicbase -nxcompat -base:0 -filealign:512 -opt:ref -opt:icf \
  -timestamp:0 -entry:efi_main

EFI_COMMON := $(sort $(wildcard efi/*.c efi/libc/*.c efi/platform/*.c efi/protocols/*.c)) \
  $(filter-out firmware/pxe/%,$(FIRMWARE))
EFI_APP    := $(EFI_COMMON) $(sort $(wildcard efi/app/*.c efi/nic/snp_nic*.c))
EFI_DRIVER := $(EFI_COMMON) $(sort $(wildcard efi/driver/*.c efi/nic/pci_io*.c)) drivers/drivers.c

# The EFI half of an option ROM has the one NIC driver of its card; puck-MACHINE-drivers.efi has all of them.
EFI_HAS_DRIVER  := $(wildcard efi/driver/*.c)
EFI_ROM_DRIVERS = $(if $(EFI_HAS_DRIVER),$(EFI_MACHINES:%=$(BUILD)/efi-%/$1.efi))
EFI_IMAGES := $(EFI_MACHINES:%=$(OUT)/puck-%.efi) $(if $(EFI_HAS_DRIVER),$(EFI_MACHINES:%=$(OUT)/puck-%-drivers.efi))
EFI_OBJECTS := $(foreach m,$(EFI_MACHINES),\
  $(patsubst %.c,$(BUILD)/efi-$m/%.o,$(sort $(EFI_APP) $(EFI_DRIVER) $(DRIVERS))))
EFI_ALL    := $(EFI_IMAGES) $(foreach d,$(BIOS_DRIVERS),$(call EFI_ROM_DRIVERS,$d))

# $1: machine
define EFI_RULES
$(BUILD)/efi-$1/%.o: %.c
	@mkdir -p $$(@D)
	$$(call say,$1,$$<) clang --target=$(EFI_TARGET_$1) -isystem $(EFI_HEADERS_$1) $(EFI_FLAGS) -c -o $$@ $$<

$(OUT)/puck-$1.efi: $(EFI_APP:%.c=$(BUILD)/efi-$1/%.o)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@) $(EFI_LINK) -subsystem:efi_application -map:$(BUILD)/efi-$1/$$(@F).map -out:$$@ $$^

$(OUT)/puck-$1-drivers.efi: $(EFI_DRIVER:%.c=$(BUILD)/efi-$1/%.o) $(DRIVERS:%.c=$(BUILD)/efi-$1/%.o)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@) $(EFI_LINK) -subsystem:efi_boot_service_driver -map:$(BUILD)/efi-$1/$$(@F).map -out:$$@ $$(sort $$^)
endef
$(foreach m,$(EFI_MACHINES),$(eval $(call EFI_RULES,$m)))

# $1: machine  $2: driver
define EFI_ROM_DRIVER_RULE
$(BUILD)/efi-$1/$2.efi: $(patsubst %.c,$(BUILD)/efi-$1/%.o,$(EFI_DRIVER) $(sort $(wildcard drivers/$2*.c)))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@) $(EFI_LINK) -subsystem:efi_boot_service_driver -map:$(BUILD)/efi-$1/$$(@F).map -out:$$@ $$^
endef
$(foreach m,$(EFI_MACHINES),$(foreach d,$(BIOS_DRIVERS),$(eval $(call EFI_ROM_DRIVER_RULE,$m,$d))))

efi: $(EFI_ALL) ## the EFI applications and drivers
.PHONY: efi

check: image-check
.PHONY: image-check

image-check: $(EFI_ALL)
	@$(foreach m,$(EFI_MACHINES),\
	  tools/check_pe --machine $m --subsystem application --max-kib 200 $(OUT)/puck-$m.efi &&) true
	@$(foreach m,$(EFI_MACHINES),$(foreach f,$(filter $(BUILD)/efi-$m/% $(OUT)/puck-$m-drivers.efi,$(EFI_ALL)),\
	  tools/check_pe --machine $m --subsystem driver $f &&)) true

# --- signed with one's own key for Secure Boot: docs/secure-boot.md --------------------------------------------------------

SIGNED := $(EFI_IMAGES:$(OUT)/%=$(OUT)/signed/%) $(if $(EFI_HAS_DRIVER),$(ROMS:$(OUT)/%=$(OUT)/signed/%))

sign: $(SIGNED) ## signs the EFI images, and the ROMs' EFI halves, with your key: KEY=my.key CERT=my.crt
	@printf '%s\n' $(SIGNED)

# Always made anew: make cannot see whether KEY is the one of last time.
.PHONY: sign sign-key
sign-key:
	@tools/sign "$(KEY)" "$(CERT)"

$(OUT)/signed/%.efi: $(OUT)/%.efi sign-key
	@tools/sign "$(KEY)" "$(CERT)" $< $@

$(BUILD)/signed/%.efi: $(BUILD)/%.efi sign-key
	@tools/sign "$(KEY)" "$(CERT)" $< $@

# $1: card as VVVV-DDDD  $2: driver
define SIGNED_ROM_OF_NIC
$(OUT)/signed/rom/$1.rom: $(BIOS_BUILD)/rom/$1.rom $(patsubst $(BUILD)/%,$(BUILD)/signed/%,$(call EFI_ROM_DRIVERS,$2))
	@mkdir -p $$(@D)
	@tools/romtool join $$^ $$@ $(subst -,:,$1)
endef
$(foreach n,$(NIC_DRIVERS),$(eval $(call SIGNED_ROM_OF_NIC,$(firstword $(subst :, ,$n)),$(lastword $(subst :, ,$n)))))
