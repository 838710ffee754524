# SPDX-License-Identifier: BSD-2-Clause-Patent
# What `make bench` needs on the host, and tests of those parts. Measuring tools are built for speed, without sanitizers.

TOOL_FLAGS := $(COMMON) -D_GNU_SOURCE -g -O2

$(BUILD)/tool/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(TOOL_FLAGS) -c -o $@ $<

$(OUT)/host/unit/test_relay: $(addprefix $(BUILD)/host/tests/relay/,link.o event_queue.o)

$(OUT)/host/relay: $(patsubst %.c,$(BUILD)/tool/%.o,$(wildcard tests/relay/*.c))
	@mkdir -p $(@D)
	$(CC) -o $@ $^
