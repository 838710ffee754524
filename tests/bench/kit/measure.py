# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The measurements. Each boots one side once and adds its figures to the table; the runner alternates the sides."""
import os
import re

from . import boot, profile, site

MB = 1e6
PROBE_END = "PROBE end"
FETCH_START, FETCH_END = "FETCH start", "FETCH end"
KERNEL_RUNS = "Linux version"
ROUND_TRIPS_MS = (0.2, 1, 5, 25)
BOOT_PROGRAMS = (("pxelinux.0", "PXE API"), ("lpxelinux.0", "UNDI API"), ("grub/i386-pc/core.0", "UNDI API"))


class Bench:
    """What all measurements share: the site, the table, the ROMs, the limits."""

    def __init__(self, options, out, roms, table):
        self.options = options
        self.out = out
        self.roms = roms            # side: path
        self.table = table
        self.site = None
        self.starved_boots = 0
        self.starved = 0.0          # of the last boot, see boot.Result
        self.baseline = None        # memory map without network boot

    def boot(self, side, until, limit, **more):
        """One boot of a side's ROM."""
        plan = boot.Plan(self.roms[side], self.options.nic, until, limit, **more)
        result = boot.run(self.options.qemu, f"{self.out}/boot", plan)
        self.starved = result.starved
        return result

    def row(self, *arguments, **more):
        """Shorthand."""
        return self.table.row(*arguments, **more)


# --- discover: what happens before the first byte --------------------------------------------------------------------

def parse_probe(log):
    """(KB of base memory, bytes of memory above 1 MB that are usable) as the probe printed them."""
    base = re.search(r"PROBE base_kb=([0-9A-F]{4})", log)
    # The log may hold everything twice: the probe speaks to the debug console, and by way of the BIOS to the serial port.
    entries = set(re.findall(r"PROBE e820 ([0-9A-F]{8}) ([0-9A-F]{16}) ([0-9A-F]{16})", log))
    if not base or not entries:
        return None
    high = sum(int(length, 16) for kind, start, length in entries if int(kind, 16) == 1 and int(start, 16) >= 0x100000)
    return int(base[1], 16), high


def measure_baseline(bench):
    """What the machine has when nothing boots from the network: the probe as a boot sector."""
    plan = boot.Plan("", bench.options.nic, PROBE_END, 30)
    disk = os.path.join(bench.site.root, "probe.nbp")
    qemu = f"{bench.options.qemu} -drive if=none,id=disk,format=raw,snapshot=on,file={disk}"
    qemu += " -device ide-hd,drive=disk,bootindex=2"
    bench.baseline = parse_probe(boot.run(qemu, f"{bench.out}/boot", plan).log)


# What the DHCP server offers, and whether an IPv6 router answers; the first is what the reference site has.
OFFERS = {"plain offer": ("plain", False), "plain offer and an IPv6 router": ("plain", True),
          "PXE-marked offer and an IPv6 router": ("pxe", True)}


def discover(bench, side, kind):
    """Power-on to the first block of the boot program, with one kind of offer; and the memory then taken."""
    offer, has_router = OFFERS[kind]
    bench.site.serve("probe.nbp", offer=offer, has_router=has_router)
    if not bench.baseline:
        measure_baseline(bench)
    result = bench.boot(side, PROBE_END, 60)
    times, before = result.wire.discover_to_rrq(), result.wire.before_payload
    first = result.wire.first_frame
    count = {"counted": True, "shape": "{:.0f}"}
    bench.row(f"frames from the client before the first payload byte, {kind}", "frames", "less", **count).add(
        side, before and before[0])
    bench.row(f"round trips before the first payload byte, {kind}", "", "less", **count).add(side, before and before[1])
    bench.row(f"first file asked for, {kind}", "times", "less", **count).add(
        side, sum(t.name == result.wire.first_rrq.name for t in result.wire.transfers) if times else None)
    bench.row(f"DISCOVER to first RRQ, {kind}, without the server's own time", "s", "less").add(
        side, times and times[0] - times[1])
    bench.row(f"DISCOVER to first RRQ, {kind}", "s", "less").add(side, times and times[0])
    bench.row("power-on to first frame", "s", "less").add(side, first and first - result.power_on)
    memory = parse_probe(result.log)
    if kind == "plain offer" and memory and bench.baseline:
        bench.row("base memory taken", "KB", "less", **count).add(side, bench.baseline[0] - memory[0])
        bench.row("high memory taken", "KB", "less", **count).add(side, (bench.baseline[1] - memory[1]) // 1024)
    if not result.finished:
        raise boot.Failed("the probe did not finish")


# --- basecode: a file fetched by the base code itself ----------------------------------------------------------------

def is_ipxe(rom):
    """Whether a ROM is iPXE's, so that its boot file can be a script."""
    with open(rom, "rb") as file:
        return b"iPXE" in file.read()


def checked(bench, result, transfer):
    """Refuses a transfer whose bytes were wrong. A transfer cut by the time limit has none to check."""
    if not transfer or not transfer.size:
        raise boot.Failed("the file was not fetched")
    wrong = f"status=0000 size={site.BENCH_BYTES:08X} crc={bench.site.crc:08X}" not in result.log
    if result.finished and wrong:
        raise boot.Failed("wrong bytes: " + "".join(re.findall(r"FETCH status.*", result.log)))


def options_used(transfer):
    """The negotiated options, for people."""
    return f"blksize {transfer.blksize}, windowsize {transfer.granted.get('windowsize', '1')}"


def basecode(bench, side, tftp, round_trip_ms, own_ways=False):
    """Rate of the 40 MB file at a round trip; cut after some seconds, the rate is that of what came till then.

    With `own_ways`, iPXE uses its own download instead of the API call, for which it has larger blocks.
    """
    script = own_ways and is_ipxe(bench.roms[side])
    bench.site.serve("fetch.ipxe" if script else "fetch.nbp", tftp=tftp)
    result = bench.boot(side, FETCH_END, bench.options.cell_seconds, since=FETCH_START, round_trip_ms=round_trip_ms)
    transfer = result.wire.transfer(site.BENCH_FILE)
    what = "the quickest way each has" if own_ways else "TFTP_READ_FILE"
    row = bench.row(f"base code TFTP, {what}, {tftp}, round trip {round_trip_ms:g} ms", "MB/s", "more")
    if not script:
        checked(bench, result, transfer)
    elif not transfer or not transfer.size:
        raise boot.Failed("the script did not fetch the file")
    row.add(side, transfer.rate / MB)
    if not own_ways and round_trip_ms == ROUND_TRIPS_MS[0]:
        count_packets(bench, side, f"base code, {tftp}", transfer)
    return options_used(transfer) + ("" if transfer.complete else f", cut at {transfer.size / MB:.1f} MB")


def count_packets(bench, side, what, transfer):
    """What a transfer cost on the wire."""
    megabytes = transfer.size / MB
    bench.row(f"client packets per MB, {what}", "packets", "less", shape="{:.1f}", counted=True).add(
        side, transfer.client_frames / megabytes)
    bench.row(f"wire bytes per file byte, {what}", "", "less", shape="{:.3f}", counted=True).add(
        side, transfer.data_bytes / transfer.size)


def cost(bench, side, tftp, counts):
    """Guest instructions, or bytes loaded and stored, per byte of the file, under the counting plugin."""
    bench.site.serve("fetch.nbp", tftp=tftp)
    listing = None
    if bench.options.profile and counts == "insn":
        listing = os.path.join(bench.options.profile, f"{side}-{tftp}.txt")
    limit = bench.options.cell_seconds
    result = bench.boot(side, FETCH_END, limit, since=FETCH_START, counts=counts, profile=listing)
    transfer = result.wire.transfer(site.BENCH_FILE)
    checked(bench, result, transfer)
    if listing and side == "ours":
        profile.annotate(listing, transfer.size)
    used = [b - a for a, b in zip(result.samples[transfer.frame], result.samples[transfer.last])]
    named = (("guest instructions", 0),) if counts == "insn" else (("bytes stored", 2), ("bytes loaded", 1))
    for name, number in named:
        bench.row(f"{name} per byte, base code, {tftp}", "", "less", shape="{:.2f}", counted=True).add(
            side, used[number] / transfer.size)
    return options_used(transfer)


# --- initrd: through the API -----------------------------------------------------------------------------------------

def initrd(bench, side, program, api):
    """Rate of the installer's initrd as a boot program fetches it through our API."""
    bench.site.serve(program)
    result = bench.boot(side, KERNEL_RUNS, bench.options.boot_seconds, memory=512)
    transfer = result.wire.transfer("initrd.img")
    name = os.path.basename(program)
    row = bench.row(f"initrd through {name} ({api}), in.tftpd", "MB/s", "more")
    if not transfer or transfer.size < MB:
        raise boot.Failed(f"{name} did not fetch the initrd")
    row.add(side, transfer.rate / MB)
    count_packets(bench, side, name, transfer)
    return options_used(transfer) + ("" if transfer.complete else f", cut at {transfer.size / MB:.1f} MB")


# --- size ------------------------------------------------------------------------------------------------------------

def size(bench, side):
    """Bytes of the option ROM."""
    bench.row("option ROM", "bytes", "less", shape="{:.0f}", counted=True).add(side, os.path.getsize(bench.roms[side]))


def plan(selected):
    """(group, name, function(bench, side), is it worth repeating) of the measurements selected."""
    out = [("size", "size", size, False)]
    for kind in OFFERS:
        out.append(("discover", f"discover {kind}", lambda b, s, k=kind: discover(b, s, k), True))
    for tftp in ("in.tftpd", "windowsize"):
        for counts in ("insn", "mem"):
            out.append(("cost", f"cost {counts} {tftp}", lambda b, s, t=tftp, c=counts: cost(b, s, t, c), False))
    for tftp in site.TFTP_SERVERS:
        for rtt in ROUND_TRIPS_MS:
            if tftp != "atftpd" or rtt == 1:
                out.append(("basecode", f"base code {tftp} {rtt:g} ms",
                            lambda b, s, t=tftp, r=rtt: basecode(b, s, t, r), True))
            if tftp != "atftpd" and rtt <= 1:
                out.append(("ownway", f"own way {tftp} {rtt:g} ms",
                            lambda b, s, t=tftp, r=rtt: basecode(b, s, t, r, own_ways=True), True))
    for program, api in BOOT_PROGRAMS:
        out.append(("initrd", f"initrd {program}", lambda b, s, p=program, a=api: initrd(b, s, p, a), True))
    return [entry for entry in out if not selected or entry[0] in selected]


GROUPS = ("size", "discover", "cost", "basecode", "ownway", "initrd")
