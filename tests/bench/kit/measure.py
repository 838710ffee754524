# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the measurements of all firmwares share: the bench they are made on, and figures taken from the wire."""
from . import boot, site

MB = 1e6
KERNEL_RUNS = "Linux version"


class Bench:
    """The site, the table, the sides, the limits."""

    def __init__(self, options, out, firmware, sides, table):
        self.options = options
        self.out = out
        self.firmware = firmware
        self.sides = sides          # name: sides.Side
        self.table = table
        self.site = None
        self.starved_boots = 0
        self.starved = 0.0          # of the last boot, see boot.Result
        self.baseline = None        # memory map without network boot

    def serve(self, side, filename, **more):
        """The servers with this boot file for this side."""
        self.site.serve(filename, chain=self.sides[side].chain, **more)

    def boot(self, side, until, limit, **more):
        """One boot of a side."""
        plan = boot.Plan(self.sides[side], self.options.nic, until, limit, firmware=self.firmware, **more)
        result = boot.run(self.options.qemu, f"{self.out}/boot", plan)
        self.starved = result.starved
        return result

    def row(self, *arguments, **more):
        """Shorthand."""
        return self.table.row(*arguments, **more)

    def count(self, name, unit, side, figure, shape="{:.0f}"):
        """One figure of a row of counts."""
        self.table.row(name, unit, "less", shape=shape, counted=True).add(side, figure)


def options_used(transfer):
    """The negotiated options, for people."""
    used = f"blksize {transfer.blksize}, windowsize {transfer.granted.get('windowsize', '1')}"
    return used + ("" if transfer.complete else f", cut at {transfer.size / MB:.1f} MB")


def count_packets(bench, side, what, transfer):
    """What a transfer cost on the wire."""
    megabytes = transfer.size / MB
    bench.count(f"client packets per MB, {what}", "packets", side, transfer.client_frames / megabytes, "{:.1f}")
    bench.count(f"wire bytes per file byte, {what}", "", side, transfer.data_bytes / transfer.size, "{:.3f}")


def count_before_payload(bench, side, what, result):
    """What happened on the wire before the first byte of the boot file, and how long it took."""
    seen = result.wire
    times, before = seen.discover_to_rrq(), seen.before_payload
    bench.count(f"frames from the client before the first payload byte, {what}", "frames", side, before and before[0])
    bench.count(f"round trips before the first payload byte, {what}", "", side, before and before[1])
    bench.count(f"first file asked for, {what}", "times", side,
                seen.times_asked(seen.first_rrq.name) if times else None)
    bench.row(f"DISCOVER to first RRQ, {what}, without the server's own time", "s", "less").add(
        side, times and times[0] - times[1])
    bench.row(f"DISCOVER to first RRQ, {what}", "s", "less").add(side, times and times[0])


def transferred(result, name, least=1):
    """The transfer of a file, which must have brought this many bytes at least."""
    transfer = result.wire.transfer(name)
    if not transfer or transfer.size < least:
        raise boot.Failed(f"{name} was not fetched")
    return transfer


def checked(bench, result, transfer, said):
    """Refuses a transfer whose bytes were wrong. A transfer cut by the time limit has none to check."""
    right = f"size={site.BENCH_BYTES:08X} crc={bench.site.crc:08X}"
    if result.finished and f"{said}{right}" not in result.log:
        found = "; ".join(line for line in result.log.splitlines() if said.split()[0] in line)
        raise boot.Failed(f"wrong bytes: {found}")
    if result.finished and not transfer.complete:
        raise boot.Failed("the program runs, and the file has not come")


def instructions_between(result, transfer):
    """Guest instructions, bytes loaded and bytes stored from a transfer's request to its last ACK."""
    return [b - a for a, b in zip(result.samples[transfer.frame], result.samples[transfer.last])]
