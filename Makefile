# SPDX-License-Identifier: BSD-2-Clause-Patent
# Puck's build, one file. `make help` lists the targets.
#
# What a build contains is which folders are linked: sources are found by wildcard per folder, objects go to
# build/<target>/<source path>.o.

MAKEFLAGS += --no-builtin-rules -j$(shell nproc)
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

BUILD   := build
OUT     := $(BUILD)/out
CC      := gcc
HOST_CC := clang
PYTHON  := python3

# $(call say,WHAT,NAME) in front of a command: one line for a person; V=1 shows the command itself.
say = $(if $(V),,@printf '  %-5s %s\n' $1 $2;)

WARNINGS := -Wall -Wextra -Wconversion -Wswitch-enum -Wmissing-prototypes -Wshadow -Wvla -Werror
COMMON   := -std=gnu11 -I. $(WARNINGS) -MMD -MP
HOST_FLAGS = $(COMMON) -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
BIOS_FLAGS := $(COMMON) -m32 -march=i686 -Os -ffreestanding -fbuiltin -fno-pic -fno-pie -mno-sse -mno-mmx -mno-80387 \
  -fno-stack-protector -fcf-protection=none -mpreferred-stack-boundary=2 -fno-asynchronous-unwind-tables \
  -fno-unwind-tables -fstack-usage -ffunction-sections -fdata-sections -fomit-frame-pointer -fwrapv -fno-common \
  -fno-tree-loop-distribute-patterns -mstringop-strategy=libcall

FIRMWARE_FOLDERS := base wire nic bus net proto boot pxe image
FIRMWARE := $(sort $(foreach f,$(FIRMWARE_FOLDERS),$(wildcard firmware/$f/*.c)))
DRIVERS  := $(sort $(wildcard drivers/*.c))
TREE     := $(shell find firmware drivers bios efi tests tools -name '*.[ch]' 2>/dev/null)

include $(wildcard bios/build.mk efi/build.mk tests/bench/build.mk tests/boot/efi/build.mk tests/storm/build.mk)

.PHONY: all help check test fuzz coverage run bench size format clean layers symbols sizes style unit tool-tests
.PHONY: conformant conformance

all: $(ROMS) $(EFI_IMAGES) ## build everything into build/out

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- objects ---------------------------------------------------------------------------------------------------------

$(BUILD)/host/%.o: %.c
	@mkdir -p $(@D)
	$(call say,HOST,$<) $(HOST_CC) $(HOST_FLAGS) -c -o $@ $<

$(BUILD)/bios/%.o: %.c
	@mkdir -p $(@D)
	$(call say,BIOS,$<) $(CC) $(BIOS_FLAGS) -c -o $@ $<

$(BUILD)/bios/%.o: %.S
	@mkdir -p $(@D)
	$(call say,BIOS,$<) $(CC) $(BIOS_FLAGS) -c -o $@ $<

# --- option ROMs: the BIOS image, then an EFI driver for each machine ------------------------------------------------

# $1: card as VVVV-DDDD  $2: driver
define ROM_OF_NIC
$(OUT)/rom/$1.rom: $(BIOS_BUILD)/rom/$1.rom $(call EFI_ROM_DRIVERS,$2) tools/romtool tools/uefi_compression.py
	@mkdir -p $$(@D)
	@tools/romtool join $$(filter-out tools/%,$$^) $$@ $(subst -,:,$1)
endef
$(foreach n,$(NIC_DRIVERS),$(eval $(call ROM_OF_NIC,$(firstword $(subst :, ,$n)),$(lastword $(subst :, ,$n)))))

rom: $(if $(NIC),$(OUT)/rom/$(subst :,-,$(NIC)).rom,$(ROMS)) ## the option ROMs, or one: NIC=8086:100e
.PHONY: rom

# --- host: unit tests and scenarios ----------------------------------------------------------------------------------

# Of efi/ all but what tests/sim is itself (firmware/platform.h) and the entry points.
EFI_HOST := efi/status.c $(wildcard efi/protocols/*.c efi/nic/*.c) $(filter-out efi/app/main.c,$(wildcard efi/app/*.c)) \
  $(filter-out efi/driver/main.c,$(wildcard efi/driver/*.c)) \
  $(filter-out $(addprefix efi/platform/,clock.c console.c entropy.c idle.c),$(wildcard efi/platform/*.c))
HOST_LIB_SOURCES := $(FIRMWARE) $(DRIVERS) $(EFI_HOST) $(wildcard tests/harness/*.c tests/devices/*.c tests/sim/*.c)
HOST_LIB := $(BUILD)/host/puck.a
UNIT := $(patsubst tests/%.c,$(OUT)/host/%,$(wildcard tests/unit/test_*.c tests/api/test_*.c tests/scenarios/test_*.c))

# What sees UEFI's types: efi/ itself, and tests and fakes whose names say so. EFIAPI is the calling convention of x64.
SEES_EFI := efi/% tests/sim/efi_% tests/devices/efi_% tests/unit/test_efi_% tests/api/test_efi_% \
  tests/scenarios/test_efi_% tests/fuzz/fuzz_efi_%
$(foreach t,host fuzz coverage,$(SEES_EFI:%=$(BUILD)/$t/%.o)): COMMON += -isystem /usr/include/efi \
  -isystem /usr/include/efi/x86_64 -DGNU_EFI_USE_MS_ABI -fshort-wchar

$(HOST_LIB): $(HOST_LIB_SOURCES:%.c=$(BUILD)/host/%.o) Makefile
	@rm -f $@
	@ar rcs $@ $(filter %.o,$^)

$(OUT)/host/unit/%: $(BUILD)/host/tests/unit/%.o $(HOST_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(HOST_CC) $(HOST_FLAGS) -o $@ $^ -lcmocka

$(OUT)/host/api/%: $(BUILD)/host/tests/api/%.o $(HOST_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(HOST_CC) $(HOST_FLAGS) -o $@ $^ -lcmocka

$(OUT)/host/scenarios/%: $(BUILD)/host/tests/scenarios/%.o $(HOST_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(HOST_CC) $(HOST_FLAGS) -o $@ $^ -lcmocka

# --- checks ----------------------------------------------------------------------------------------------------------

check: layers symbols sizes style unit conformant tool-tests ## the house rules and the host tests, in seconds

layers:
	@tools/check_layers

symbols: $(FIRMWARE:%.c=$(BUILD)/bios/%.o) $(DRIVERS:%.c=$(BUILD)/bios/%.o) $(EFI_OBJECTS)
	@tools/check_symbols $(BUILD)/bios $(EFI_MACHINES:%=$(BUILD)/efi-%)

sizes:
	@tools/check_sizes

style:
	@clang-format --dry-run -Werror $(TREE)

# Which test passed.
RESULTS := $(BUILD)/unit.results

unit: $(UNIT)
	@tools/run_unit $(RESULTS) $(UNIT)

conformant: unit
	@tools/conformance --check $(RESULTS)

conformance: $(UNIT) ## write docs/conformance.md from tests/conformance and from what the tests show
	@tools/run_unit $(RESULTS) $(UNIT); tools/conformance $(RESULTS)

tool-tests: ## what tools/ makes and judges
	@$(PYTHON) -B -W error -m unittest discover -s tests/tools 2>&1 | tail -n 1 | \
	  sed 's/^/tools: /; /OK/!{s/$$/ (run python3 -m unittest discover -s tests\/tools)/;q1}'

format: ## rewrite the sources as .clang-format wants them
	clang-format -i $(TREE)

# --- fuzzing ---------------------------------------------------------------------------------------------------------

SECONDS := 60
FUZZ := $(patsubst tests/fuzz/%.c,$(OUT)/host/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_FLAGS = $(COMMON) -g -O1 -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined

$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$<) clang $(FUZZ_FLAGS) -c -o $@ $<

$(BUILD)/fuzz/puck.a: $(HOST_LIB_SOURCES:%.c=$(BUILD)/fuzz/%.o) Makefile
	@rm -f $@
	@ar rcs $@ $(filter %.o,$^)

$(OUT)/host/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%.o $(BUILD)/fuzz/puck.a
	@mkdir -p $(@D)
	$(call say,LINK,$@) clang -fsanitize=address,undefined,fuzzer -o $@ $^ -lcmocka

fuzz: $(FUZZ) ## every fuzz target, SECONDS=60 in all
	@tools/run_fuzz $(SECONDS) $(FUZZ)

COVERAGE := $(FUZZ:$(OUT)/host/fuzz/%=$(BUILD)/coverage/%)

$(BUILD)/coverage/%.o: %.c
	@mkdir -p $(@D)
	$(call say,COVER,$<) clang $(COMMON) -g -O1 -fprofile-instr-generate -fcoverage-mapping -c -o $@ $<

$(BUILD)/coverage/puck.a: $(HOST_LIB_SOURCES:%.c=$(BUILD)/coverage/%.o) Makefile
	@rm -f $@
	@ar rcs $@ $(filter %.o,$^)

$(COVERAGE): $(BUILD)/coverage/fuzz_%: $(BUILD)/coverage/tests/fuzz/fuzz_%.o $(BUILD)/coverage/puck.a
	$(call say,LINK,$@) clang -fprofile-instr-generate -fsanitize=fuzzer -o $@ $^ -lcmocka

coverage: $(COVERAGE) ## lines of firmware/ that the seeds of the fuzz targets reach; SHOW=--lines lists the others
	@tools/fuzz_coverage $(SHOW) $(COVERAGE)

# --- the two commands of the README, which also get what is missing -----------------------------------------------------

run: ## boot Debian's installer in QEMU, without root; NIC=virtio takes another card, FIRMWARE=uefi OVMF
	@tools/run "$(NIC)" "$(FIRMWARE)" "$(START)"

test: ## everything: the checks, the fuzz targets, and QEMU machines against real servers (root)
	@tools/test

size: $(ROMS) $(EFI_ALL) ## bytes of code, data and stack per source file, and of the ROMs and EFI images
	@tools/size $(BUILD)/bios $(EFI_MACHINES:%=$(BUILD)/efi-%) $(ROMS) $(EFI_ALL)

clean: ## remove build/
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
