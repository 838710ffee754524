# SPDX-License-Identifier: BSD-2-Clause-Patent
# `make bench-storm`: the firmware and the simulator, built for speed.

STORM_SOURCES := $(FIRMWARE) $(addprefix tests/sim/,busy_server.c dhcp_server.c event_heap.c mtftp_server.c multicast_server.c platform.c segment.c \
  server.c storm.c tftp_crowd.c wire.c) tests/storm/bench_storm.c

$(BUILD)/storm/%.o: %.c
	@mkdir -p $(@D)
	$(call say,STORM,$<) $(HOST_CC) $(COMMON) -g -O2 -c -o $@ $<

$(OUT)/host/bench_storm: $(STORM_SOURCES:%.c=$(BUILD)/storm/%.o)
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(HOST_CC) -o $@ $^

.PHONY: bench-storm
bench-storm: $(OUT)/host/bench_storm ## boot storms of 1 to 10,000 simulated machines; STORM="--machines 1000 --loss 1"
	tests/storm/run $(STORM)
