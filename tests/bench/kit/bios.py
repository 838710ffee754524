# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The measurements under BIOS. Each boots one side once and adds its figures; the runner alternates the sides."""
import os
import re

from . import boot, profile, sides, site
from .measure import (KERNEL_RUNS, MB, checked, count_before_payload, count_packets, instructions_between, options_used,
                      transferred)

PROBE_END = "PROBE end"
FETCH_START, FETCH_RIGHT, FETCH_END = "FETCH start", "FETCH status=0000 ", "FETCH end"
ROUND_TRIPS_MS = (0.2, 1, 5, 25)
BOOT_PROGRAMS = (("pxelinux.0", "PXE API"), ("lpxelinux.0", "UNDI API"), ("grub/i386-pc/core.0", "UNDI API"))


# --- discover: what happens before the first byte --------------------------------------------------------------------

def parse_probe(log):
    """(KB of base memory, bytes of memory above 1 MB that are usable) as the probe printed them."""
    base = re.search(r"PROBE base_kb=([0-9A-F]{4})", log)
    # The log may hold everything twice: the probe speaks to the debug console, and through the BIOS to the serial port.
    entries = set(re.findall(r"PROBE e820 ([0-9A-F]{8}) ([0-9A-F]{16}) ([0-9A-F]{16})", log))
    if not base or not entries:
        return None
    high = sum(int(length, 16) for kind, start, length in entries if int(kind, 16) == 1 and int(start, 16) >= 0x100000)
    return int(base[1], 16), high


def measure_baseline(bench):
    """What the machine has when nothing boots from the network: the probe as a boot sector."""
    plan = boot.Plan(sides.Side("none"), bench.options.nic, PROBE_END, 30)
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
    bench.serve(side, "probe.nbp", offer=offer, has_router=has_router)
    if not bench.baseline:
        measure_baseline(bench)
    result = bench.boot(side, PROBE_END, 60)
    first = result.wire.first_frame
    count_before_payload(bench, side, kind, result)
    bench.row("power-on to first frame", "s", "less").add(side, first and first - result.power_on)
    memory = parse_probe(result.log)
    if kind == "plain offer" and memory and bench.baseline:
        bench.count("base memory taken", "KB", side, bench.baseline[0] - memory[0])
        bench.count("high memory taken", "KB", side, (bench.baseline[1] - memory[1]) // 1024)
    if not result.finished:
        raise boot.Failed("the probe did not finish")


# --- basecode: a file fetched by the base code itself ----------------------------------------------------------------

def basecode(bench, side, tftp, round_trip_ms, own_ways=False):
    """Rate of the 40 MB file at a round trip; cut after some seconds, the rate is that of what came till then.

    With `own_ways`, iPXE uses its own download instead of the API call, for which it has larger blocks.
    """
    script = own_ways and bench.sides[side].is_ipxe
    bench.serve(side, "fetch.ipxe" if script else "fetch.nbp", tftp=tftp)
    result = bench.boot(side, FETCH_END, bench.options.cell_seconds, since=FETCH_START, round_trip_ms=round_trip_ms)
    transfer = transferred(result, site.BENCH_FILE)
    what = "the quickest way each has" if own_ways else "TFTP_READ_FILE"
    if not script:
        checked(bench, result, transfer, FETCH_RIGHT)
    bench.row(f"base code TFTP, {what}, {tftp}, round trip {round_trip_ms:g} ms", "MB/s", "more").add(
        side, transfer.rate / MB)
    if not own_ways and round_trip_ms == ROUND_TRIPS_MS[0]:
        count_packets(bench, side, f"base code, {tftp}", transfer)
    return options_used(transfer)


def cost(bench, side, tftp, counts):
    """Guest instructions, or bytes loaded and stored, per byte of the file, under the counting plugin."""
    bench.serve(side, "fetch.nbp", tftp=tftp)
    listing = None
    if bench.options.profile and counts == "insn":
        listing = os.path.join(bench.options.profile, f"{side}-{tftp}.txt")
    limit = bench.options.cell_seconds
    result = bench.boot(side, FETCH_END, limit, since=FETCH_START, counts=counts, profile=listing)
    transfer = transferred(result, site.BENCH_FILE)
    checked(bench, result, transfer, FETCH_RIGHT)
    if listing and bench.sides[side].ours:
        profile.annotate(listing, bench.firmware, transfer.size)
    used = instructions_between(result, transfer)
    named = (("guest instructions", 0),) if counts == "insn" else (("bytes stored", 2), ("bytes loaded", 1))
    for name, number in named:
        bench.count(f"{name} per byte, base code, {tftp}", "", side, used[number] / transfer.size, "{:.2f}")
    return options_used(transfer)


# --- initrd: through the API -----------------------------------------------------------------------------------------

def initrd(bench, side, program, api):
    """Rate of the installer's initrd as a boot program fetches it through our API."""
    bench.serve(side, program)
    result = bench.boot(side, KERNEL_RUNS, bench.options.boot_seconds, memory=512)
    transfer = transferred(result, "initrd.img", MB)
    name = os.path.basename(program)
    bench.row(f"initrd through {name} ({api}), in.tftpd", "MB/s", "more").add(side, transfer.rate / MB)
    count_packets(bench, side, name, transfer)
    return options_used(transfer)


# --- size ------------------------------------------------------------------------------------------------------------

def size(bench, side):
    """Bytes of the option ROM: of its BIOS image, which is what is compared here, and of all its images."""
    rom = bench.sides[side].rom
    images = sides.rom_images(rom)
    bench.count("option ROM, BIOS image", "bytes", side, sum(n for kind, n in images if kind == sides.BIOS))
    bench.count("option ROM, all images", "bytes", side, os.path.getsize(rom))


def plan():
    """(group, name, function(bench, side), kind: is it measured "once", for "counts" or for "times")."""
    out = [("size", "size", size, "once")]
    for kind in OFFERS:
        out.append(("discover", f"discover {kind}", lambda b, s, k=kind: discover(b, s, k), "times"))
    for tftp in ("in.tftpd", "windowsize"):
        for counts in ("insn", "mem"):
            out.append(("cost", f"cost {counts} {tftp}", lambda b, s, t=tftp, c=counts: cost(b, s, t, c), "counts"))
    for tftp in site.TFTP_SERVERS:
        for rtt in ROUND_TRIPS_MS:
            if tftp != "atftpd" or rtt == 1:
                out.append(("basecode", f"base code {tftp} {rtt:g} ms",
                            lambda b, s, t=tftp, r=rtt: basecode(b, s, t, r), "times"))
            if tftp != "atftpd" and rtt <= 1:
                out.append(("ownway", f"own way {tftp} {rtt:g} ms",
                            lambda b, s, t=tftp, r=rtt: basecode(b, s, t, r, own_ways=True), "times"))
    for program, api in BOOT_PROGRAMS:
        out.append(("initrd", f"initrd {program}", lambda b, s, p=program, a=api: initrd(b, s, p, a), "times"))
    return out
