# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The page of benchmarks: a part for each firmware and one for boot storms, of which a run replaces its own."""
import os
import re

TITLES = {"bios": "BIOS", "uefi": "UEFI", "storm": "Boot storms"}

HEAD = """\
Puck {commit}. Sides: {sides}; card: {nic}. Made by

    {command}

{when}, {pairs} rounds, {qemu}, emulation only (TCG), {cpus} processors, load {load:.1f} at the start.
Same QEMU, servers, files and card on all sides, boots in turn: one of each side, then the next round. A cell is the
median, with quartiles in brackets where it varies; a ratio is the median of those of the rounds (smallest to largest):
above 1, Puck is better.

- Rates are bytes of file per second from the read request to the last acknowledgement. A transfer not over after
  {cell:g} s is cut and its rate is that of what had come by then; what is whole is checked by CRC-32.
- Round trips are those added by the relay between QEMU and the servers, on top of what host and emulation take.
- Instructions, bytes loaded and stored are those of the whole guest between the same two frames, waiting for the
  network included; a repeated string instruction counts once per element.
- "windowsize" is tests/servers/tftpd.c with RFC 7440; "in.tftpd" is tftpd-hpa, which has no windowsize.
"""

INTRODUCTIONS = {
    "bios": HEAD + """\
- TFTP_READ_FILE is the call of PXE 2.1 §3.4.4, made by a boot program that checks what came; iPXE asks for blocks of
  512 bytes in it. "The quickest way each has" is the same call for Puck and a script's `imgfetch` for iPXE.
- Debian's iPXE looks for an IPv6 router before it boots and waits 16 s for it on a network without one. One of the DHCP
  rows shows that; for all other measurements there is a router.

""",
    "uefi": HEAD + """\
- The boot file of 40 MB is an EFI program with that much in it, which prints the CRC-32 of what it was loaded with.
- Puck's application is started from an EFI system partition; OVMF is its own PXE on its own driver for the card;
  snponly.efi serves only the card it was loaded from, so OVMF's PXE fetches it first, and only what comes after that is
  measured (but power-on is power-on). Both ROMs take the place of OVMF's driver.
- Debian's iPXE tells shim a wrong size of what it has read, and shim ends: there GRUB is the boot file, and shim's rows
  are empty. GRUB has its own TFTP client: blocks of 1024 bytes, one at a time.
- OVMF asks for a file's size with a request of its own, which is not part of the rate.
- Debian's iPXE looks for an IPv6 router before it boots; there is one.

""",
}


def name_side(side):
    """A side and the files it is made of."""
    files = ", ".join(os.path.basename(path) for path in side.files)
    return f"{side.title} ({files})" if files and files != side.title else side.title


def put(path, firmware, text):
    """Writes the part of one firmware into the page; the others stay as they are."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    parts = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            words = re.split(r"^## (.*)\n", file.read(), flags=re.MULTILINE)[1:]
        parts = dict(zip(words[0::2], words[1::2]))
    parts[TITLES[firmware]] = f"\n{text}"
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Benchmarks\n")
        for title in TITLES.values():
            if title in parts:
                file.write(f"\n## {title}\n{parts[title].rstrip()}\n")
