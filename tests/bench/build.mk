# SPDX-License-Identifier: BSD-2-Clause-Patent
# What `make bench` needs on the host, and tests of those parts. Measuring tools are built for speed, without sanitizers.

TOOL_FLAGS := $(COMMON) -D_GNU_SOURCE -g -O2

$(BUILD)/tool/%.o: %.c
	@mkdir -p $(@D)
	$(call say,TOOL,$<) $(CC) $(TOOL_FLAGS) -c -o $@ $<

$(OUT)/host/unit/test_relay: $(addprefix $(BUILD)/host/tests/relay/,link.o event_queue.o)
$(OUT)/host/unit/test_tftp_request: $(BUILD)/host/tests/servers/tftp_request.o

$(OUT)/host/relay: $(patsubst %.c,$(BUILD)/tool/%.o,$(wildcard tests/relay/*.c))
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(CC) -o $@ $^

$(OUT)/host/insn.so: tests/bench/insn.c
	@mkdir -p $(@D)
	$(call say,TOOL,$<) $(CC) $(TOOL_FLAGS) -fPIC -shared -fvisibility=hidden -o $@ $<

# Boot programs for benchmarks: raw images for 0:7C00.
BENCH_NBP := $(patsubst tests/bench/nbp/%.S,$(OUT)/bench/%.nbp,$(wildcard tests/bench/nbp/*.S))

$(BUILD)/nbp/%.o: %.S tests/bench/nbp/print.inc
	@mkdir -p $(@D)
	$(call say,NBP,$<) $(CC) -m32 -I. -c -o $@ $<

$(OUT)/bench/%.nbp: $(BUILD)/nbp/tests/bench/nbp/%.o
	@mkdir -p $(@D)
	$(call say,LINK,$@) ld -m elf_i386 -Ttext=0x7c00 --oformat=binary -o $@ $<

$(OUT)/host/tftpd: $(patsubst %.c,$(BUILD)/tool/%.o,$(wildcard tests/servers/*.c))
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(CC) -o $@ $^

# Boot programs for UEFI: bench.efi has 40 MB in it, small.efi has not.
BENCH_EFI := $(OUT)/bench/bench.efi $(OUT)/bench/small.efi
$(BUILD)/bench-efi/content: tests/bench/efi/make_content
	@mkdir -p $(@D)
	$(call say,MAKE,$@) $(PYTHON) $< $@

$(BUILD)/bench-efi/bench-payload.o: $(BUILD)/bench-efi/content
$(BUILD)/bench-efi/%-payload.o: tests/bench/efi/payload.S
	@mkdir -p $(@D)
	$(call say,EFI,$@) clang --target=$(EFI_TARGET_x64) $(if $(filter bench,$*),-DPAYLOAD='"$(BUILD)/bench-efi/content"') -c -o $@ $<

$(OUT)/bench/%.efi: $(BUILD)/efi-x64/tests/bench/efi/bench.o $(BUILD)/bench-efi/%-payload.o
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(EFI_LINK) -subsystem:efi_application -entry:efi_main -out:$@ $^

BENCH_TOOLS := $(OUT)/host/relay $(OUT)/host/insn.so $(OUT)/host/tftpd $(BENCH_NBP) $(BENCH_EFI)

bench: all $(BENCH_TOOLS) ## ours against OVMF's own and iPXE, boot by boot; BENCH="--pairs 3 --only discover" (root)
	tests/bench/run $(BENCH)

# All that the cases of tests/boot need besides the ROMs.
test-programs: nbps $(BENCH_TOOLS)

.PHONY: bench-tools test-programs
check: bench-tools

bench-tools: $(OUT)/host/relay $(OUT)/host/tftpd
	@$(PYTHON) -W error tests/bench/test_tools.py 2>&1 | tail -n 1 | sed 's/^/bench tools: /; /OK/!{s/$$/ (run tests\/bench\/test_tools.py)/;q1}'
