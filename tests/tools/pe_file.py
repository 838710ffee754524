# SPDX-License-Identifier: BSD-2-Clause-Patent
"""PE images made by hand, right in everything until a test changes a value."""
import struct

X64, IA32 = 0x8664, 0x014C
RX, R, RW = 0x60000020, 0x40000040, 0xC0000040
SBAT = b"sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\npuck,1,Puck,puck,1,x\n"


class PeFile:
    """Attributes are the fields; bytes() is the file."""

    def __init__(self, machine=X64, subsystem=10):
        self.machine, self.subsystem = machine, subsystem
        self.magic = 0x20B if machine == X64 else 0x10B
        self.signature, self.optional_extra, self.tail = b"PE\0\0", 0, b""
        self.timestamp = self.symbols = self.entry_base = self.headers_less = 0
        self.characteristics, self.dll = 0x0022, 0x0160
        self.entry, self.section_alignment, self.file_alignment = 0x1000, 4096, 512
        self.image_extra = 0
        self.debug = (0, 0)
        self.relocation = None  # the directory; None: what .reloc says
        self.sections = {".text": [0x1000, b"\xc3" * 600, RX], ".data": [0x2000, bytes(512), RW],
                         ".sbat": [0x3000, SBAT, R], ".reloc": [0x4000, struct.pack("<IIHH", 0x2000, 12, 0xA000, 0), R]}

    def directories(self):
        """All sixteen."""
        table = [(0, 0)] * 16
        if ".reloc" in self.sections:
            address, data, _ = self.sections[".reloc"]
            table[5] = (address, len(data))
        if self.relocation is not None:
            table[5] = self.relocation
        table[6] = self.debug
        return b"".join(struct.pack("<II", *entry) for entry in table)

    def __bytes__(self):
        headers, raw, table, body = 0x400 - self.headers_less, 0x400, b"", b""
        end = max(address + len(data) for address, data, _ in self.sections.values())
        for name, (address, data, flags) in self.sections.items():
            padded = data + bytes(-len(data) % 512)
            table += struct.pack("<8s6I2HI", name.encode(), len(data), address, len(padded), raw + len(body), 0, 0, 0, 0, flags)
            body += padded
        optional = struct.pack("<HBB5I", self.magic, 14, 0, 1024, 1024, 0, self.entry, 0x1000)
        optional += struct.pack("<Q", 0) if self.magic == 0x20B else struct.pack("<II", 0x2000, 0)
        optional += struct.pack("<II6HI", self.section_alignment, self.file_alignment, *(0,) * 6, 0)
        optional += struct.pack("<IIIHH", -(-end // 4096) * 4096 + self.image_extra, headers, 0, self.subsystem, self.dll)
        optional += struct.pack("<4Q" if self.magic == 0x20B else "<4I", *(0,) * 4) + struct.pack("<II", 0, 16)
        optional += self.directories()
        coff = struct.pack("<HHIIIHH", self.machine, len(self.sections), self.timestamp, self.symbols, 0,
                           len(optional) + self.optional_extra, self.characteristics)
        front = b"MZ" + bytes(0x3A) + struct.pack("<I", 0x40) + self.signature + coff + optional + table
        return front + bytes(0x400 - len(front)) + body + self.tail
