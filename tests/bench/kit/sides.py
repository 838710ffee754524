# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Who is compared: what each side puts into the machine, and what it is called in the table."""
import os

from labkit import machine, packages

BIOS, X64 = 0, 0x8664
CODE_EFI = 3
OUT = os.path.join(packages.REPOSITORY, "build/out")


class Side:
    """One network boot program.

    rom: the card's option ROM, "" for none. program: an EFI application started from a disk's EFI system partition.
    chain: an EFI application that the firmware's own PXE fetches first, because it serves only what it came from.
    """

    def __init__(self, title, rom="", program=None, chain=None, ours=False):
        self.title = title
        self.rom = rom
        self.program = program
        self.chain = chain
        self.ours = ours

    @property
    def files(self):
        """The files it is made of."""
        return [path for path in (self.rom, self.program, self.chain) if path]

    @property
    def is_ipxe(self):
        """Whether it is iPXE, so that its boot file can be a script."""
        return any(b"iPXE" in read(path) for path in self.files)


def read(path):
    """All of a file."""
    with open(path, "rb") as file:
        return file.read()


def rom_images(path):
    """(kind, bytes) of each image of an option ROM, by the headers: kind is BIOS, or the machine of an EFI image.

    PCI Firmware Specification 3.3, section 5.1: a PCI data structure says how long its image is and which one is last.
    UEFI 2.10, section 14.4.2: where an EFI image says what machine it is for.
    """
    data, at, found = read(path), 0, []
    while data[at:at + 2] == b"\x55\xaa":
        pcir = at + int.from_bytes(data[at + 0x18:at + 0x1A], "little")
        if data[pcir:pcir + 4] != b"PCIR":
            break
        length = 512 * int.from_bytes(data[pcir + 0x10:pcir + 0x12], "little")
        is_efi = data[pcir + 0x14] == CODE_EFI
        found.append((int.from_bytes(data[at + 10:at + 12], "little") if is_efi else BIOS, length))
        if data[pcir + 0x15] & 0x80 or not length:
            break
        at += length
    return found


def our_rom(options):
    """The path of our ROM for the card."""
    return existing(options.ours or f"{OUT}/rom/{machine.NICS[options.nic][1]}.rom")


def bios(options, out):
    """Our ROM and another's for the same card."""
    _, ids, ipxe = machine.NICS[options.nic]
    peer = existing(options.peer or packages.find(f"usr/lib/ipxe/qemu/pxe-{ipxe}.rom"))
    name = os.path.basename(peer)
    every = {
        "ours": lambda: Side("Puck", our_rom(options), ours=True),
        "peer": lambda: Side(name, machine.patched_rom(peer, ids, os.path.join(out, name))),
    }
    return selected(every, options)


def uefi(options, _out):
    """Our application and our ROM, the firmware's own PXE, and iPXE in the same two shapes.

    snponly.efi drives the card it was loaded from, so the firmware fetches it.
    """
    ipxe_rom = f"usr/lib/ipxe/qemu/efi-{machine.NICS[options.nic][2]}.rom"
    every = {
        "app": lambda: Side("Puck, application", program=existing(options.app or f"{OUT}/puck-x64.efi"), ours=True),
        "rom": lambda: Side("Puck, ROM", our_rom(options), ours=True),
        "ovmf": lambda: Side("OVMF"),
        "ipxe": lambda: Side("iPXE, snponly.efi", chain=packages.find("usr/lib/ipxe/snponly.efi")),
        "ipxe_rom": lambda: Side("iPXE, ROM", packages.find(ipxe_rom)),
    }
    return selected(every, options)


def selected(every, options):
    """Those of --sides."""
    return {name: make() for name, make in every.items() if not options.sides or name in options.sides.split(",")}


def existing(path):
    """The path of a file that is there."""
    if not os.path.exists(path):
        raise packages.Missing(f"there is no {path}: run make")
    return os.path.abspath(path)
