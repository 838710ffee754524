# SPDX-License-Identifier: BSD-2-Clause-Patent
# The EFI images: clang for Windows targets and lld-link make them as PE from the start; of gnu-efi only the headers are
# used. Objects go to build/efi-x64 and build/efi-ia32.

EFI_TARGET_x64  := x86_64-unknown-windows
EFI_TARGET_ia32 := i686-unknown-windows
EFI_HEADERS := /usr/include/efi
EFI_FLAGS := $(COMMON) -Os -ffreestanding -fshort-wchar -mno-red-zone -mgeneral-regs-only -mno-stack-arg-probe -fno-stack-protector \
  -fno-common -fwrapv -ffunction-sections -fdata-sections -fno-jump-tables -DGNU_EFI_USE_MS_ABI -Wno-unused-command-line-argument
EFI_LINK := lld-link -nodefaultlib -dynamicbase -nxcompat -base:0 -filealign:512 -opt:ref -opt:icf -brepro
EFI_COMMON := $(wildcard efi/*.c efi/libc/*.c efi/platform/*.c efi/protocols/*.c) $(filter-out firmware/pxe/%,$(FIRMWARE))
EFI_APP    := $(EFI_COMMON) $(wildcard efi/app/*.c efi/nic/snp_nic*.c)
EFI_DRIVER := $(EFI_COMMON) $(wildcard efi/driver/*.c efi/nic/pci_io*.c)

EFI_IMAGES := $(OUT)/puck-x64.efi $(OUT)/puck-ia32.efi

# $1: x64 or ia32
define EFI_RULES
$(BUILD)/efi-$1/%.o: %.c
	@mkdir -p $$(@D)
	$$(call say,$1,$$<) clang --target=$(EFI_TARGET_$1) -isystem efi/libc -isystem $(EFI_HEADERS) -isystem $(EFI_HEADERS)/$(if $(filter x64,$1),x86_64,ia32) $$(EFI_FLAGS) -c -o $$@ $$<

$(OUT)/puck-$1.efi: $(EFI_APP:%.c=$(BUILD)/efi-$1/%.o)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@) $(EFI_LINK) -subsystem:efi_application -entry:efi_main -out:$$@ $$^
endef
$(foreach a,x64 ia32,$(eval $(call EFI_RULES,$a)))

efi: $(EFI_IMAGES) ## the EFI applications and drivers
.PHONY: efi
