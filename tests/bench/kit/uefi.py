# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The measurements under UEFI: our application and our ROM, the firmware's own PXE, iPXE in the same two shapes."""
import os

from . import boot, profile, sides, site
from .measure import (KERNEL_RUNS, MB, checked, count_before_payload, count_packets, instructions_between, options_used,
                      transferred)

BENCH_END = "BENCH end"
TRANSFERRED = ": starting it"  # said by us between the last ACK and what the firmware then does with the file
OFFERS = {"plain offer": "plain", "PXE-marked offer": "pxe, discovery off"}
RATES = (("in.tftpd", 0.2), ("in.tftpd", 1), ("windowsize", 0.2), ("windowsize", 1))
MEMORY = 1024
BIG, SMALL, SHIM, GRUB = "bench.efi", "small.efi", "shimx64.efi", "grubx64.efi"

COMPARISONS = [("application better than OVMF; snponly.efi", "app", ("ovmf", "ipxe")),
               ("ROM better than OVMF; iPXE's ROM", "rom", ("ovmf", "ipxe_rom"))]


def discover(bench, side, kind):
    """Power-on to the first block of a small boot file, with one kind of offer."""
    bench.serve(side, SMALL, offer=OFFERS[kind])
    result = bench.boot(side, BENCH_END, 20, since_file=SMALL, memory=MEMORY)
    count_before_payload(bench, side, kind, result)
    asked = result.wire.asked_for(SMALL)
    bench.row("power-on to the request for the boot file", "s", "less").add(
        side, asked and asked.start - result.power_on)
    if not result.finished:
        raise boot.Failed("the boot file did not start")


def fetch(bench, side, tftp, round_trip_ms):
    """Rate of a boot file of 40 MB; cut after some seconds, the rate is that of what came till then."""
    bench.serve(side, BIG, tftp=tftp)
    result = bench.boot(side, BENCH_END, bench.options.cell_seconds, since_file=BIG, round_trip_ms=round_trip_ms,
                        memory=MEMORY)
    transfer = transferred(result, BIG)
    checked(bench, result, transfer, "BENCH ")
    bench.row(f"boot file, {tftp}, round trip {round_trip_ms:g} ms", "MB/s", "more").add(side, transfer.rate / MB)
    if round_trip_ms == RATES[0][1]:
        count_packets(bench, side, f"boot file, {tftp}", transfer)
        bench.count(f"boot file asked for, {tftp}", "times", side, result.wire.times_asked(transfer.name))
    return options_used(transfer)


def cost(bench, side, tftp, counts):
    """Guest instructions, or bytes loaded and stored, per byte of the boot file, under the counting plugin."""
    bench.serve(side, BIG, tftp=tftp)
    listing = None
    if bench.options.profile and counts == "insn":
        listing = os.path.join(bench.options.profile, f"{side}-{tftp}.txt")
    result = bench.boot(side, BENCH_END, bench.options.cell_seconds, since_file=BIG, counts=counts, profile=listing,
                        loaded=TRANSFERRED, memory=MEMORY)
    transfer = transferred(result, BIG)
    if listing and bench.sides[side].ours:
        profile.annotate(listing, bench.firmware, transfer.size)
    used = instructions_between(result, transfer)
    named = (("guest instructions", 0),) if counts == "insn" else (("bytes stored", 2), ("bytes loaded", 1))
    for name, number in named:
        bench.count(f"{name} per byte, boot file, {tftp}", "", side, used[number] / transfer.size, "{:.2f}")
    return options_used(transfer)


def shim_and_grub(bench, side):
    """shim reads GRUB through the PXE_BASE_CODE it was started with; GRUB reads kernel and initrd through the SNP.

    Debian's iPXE tells shim a wrong size of what it has read, and shim ends: there GRUB is the boot file.
    """
    has_shim = not bench.sides[side].is_ipxe
    bench.serve(side, SHIM if has_shim else GRUB)
    result = bench.boot(side, KERNEL_RUNS, bench.options.boot_seconds, since_file=GRUB, memory=MEMORY)
    grub = transferred(result, GRUB)
    if not grub.complete:
        raise boot.Failed("GRUB was not fetched whole")
    if has_shim:
        read = "shim's read of grubx64.efi (PXE_BASE_CODE), in.tftpd"
        bench.row(read, "s", "less").add(side, grub.seconds)
        bench.row(f"{read}, rate", "MB/s", "more").add(side, grub.rate / MB)
        count_packets(bench, side, "shim's read of grubx64.efi", grub)
        bench.count("grubx64.efi asked for by shim", "times", side, result.wire.times_asked(grub.name))
    for name in ("vmlinuz", "initrd.img"):
        transfer = transferred(result, name, MB)
        bench.row(f"{name} through GRUB (SNP), in.tftpd", "MB/s", "more").add(side, transfer.rate / MB)
    count_packets(bench, side, "initrd.img through GRUB", transfer)
    return f"{GRUB}: {options_used(grub)}; initrd: {options_used(transfer)}"


def size(bench, side):
    """Bytes of what is shipped."""
    this = bench.sides[side]
    program = this.program or this.chain
    if program:
        bench.count("application", "bytes", side, os.path.getsize(program))
    if this.rom:
        images = sides.rom_images(this.rom)
        bench.count("option ROM, EFI image for x64", "bytes", side, sum(n for kind, n in images if kind == sides.X64))
        bench.count("option ROM, all images", "bytes", side, os.path.getsize(this.rom))


def plan():
    """(group, name, function(bench, side), kind: is it measured "once", for "counts" or for "times")."""
    out = [("size", "size", size, "once")]
    for kind in OFFERS:
        out.append(("discover", f"discover {kind}", lambda b, s, k=kind: discover(b, s, k), "times"))
    for tftp in ("in.tftpd", "windowsize"):
        for counts in ("insn", "mem"):
            out.append(("cost", f"cost {counts} {tftp}", lambda b, s, t=tftp, c=counts: cost(b, s, t, c), "counts"))
    for tftp, rtt in RATES:
        out.append(("fetch", f"fetch {tftp} {rtt:g} ms", lambda b, s, t=tftp, r=rtt: fetch(b, s, t, r), "times"))
    out.append(("grub", "shim and GRUB", shim_and_grub, "times"))
    return out
