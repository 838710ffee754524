# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Multicast file transfers: the boot programs that ask for them, and what a capture says about them."""
import array
import socket
import struct
import zlib

from . import wire

DATA = 3
BIOS_PROGRAM_MAX = 600 << 10  # what fits below the base code


def patch_program(path, size, opcode=0, group="0.0.0.0", client_port=0, server_port=0, open_s=0, reopen_s=0, name=""):
    """tests/boot/nbp/multicast.S made `size` bytes long, with its wishes filled in."""
    with open(path, "rb") as file:
        program = bytearray(file.read())
    struct.pack_into("<IHH4sHHHH128s", program, 4, size, opcode, 0, socket.inet_aton(group), socket.htons(client_port),
                     socket.htons(server_port), open_s, reopen_s, name.encode())
    return bytes(program) + pattern(size)[:size - len(program)]


def add_load(path, load):
    """tests/boot/efi/carrier.c with a section ".load" of these bytes (PE/COFF specification, sections 2 to 4)."""
    with open(path, "rb") as file:
        image = bytearray(file.read())
    pe = struct.unpack_from("<I", image, 0x3C)[0]
    count, optional_size = struct.unpack_from("<H", image, pe + 6)[0], struct.unpack_from("<H", image, pe + 20)[0]
    optional, header = pe + 24, pe + 24 + optional_size + 40 * count
    section_align, file_align = struct.unpack_from("<II", image, optional + 32)
    image_size, headers_size = struct.unpack_from("<II", image, optional + 56)
    assert header + 40 <= headers_size, "no room for one more section header"
    image += bytes(-len(image) % file_align)
    struct.pack_into("<8sIIII12sI", image, header, b".load", len(load), image_size, -(-len(load) // file_align) * file_align,
                     len(image), bytes(12), 0x40000040)  # initialised data, readable
    struct.pack_into("<H", image, pe + 6, count + 1)
    struct.pack_into("<I", image, optional + 56, image_size + -(-len(load) // section_align) * section_align)
    return bytes(image) + load + bytes(-len(load) % file_align)


def pattern(size):
    """At least so many bytes in which no two blocks are alike."""
    return array.array("Q", range(size // 8 + 1)).tobytes()


def says(data, what):
    """What multicast.S prints of bytes it has: an expectation of the lab."""
    return f"re:(?i)PUCK-LAB: {what}size={len(data):08x} crc={zlib.crc32(data):08x}"


class Stream:
    """The DATA packets that a capture shows going to a group: which blocks, how often."""

    def __init__(self, path, group):
        self.counts = {}
        self.bytes = 0  # of file contents
        self.unique_bytes = 0  # each block once
        self.unicast = 0  # DATA packets that went to one machine
        self.unicast_bytes = 0
        self.times = {}  # of each block's first packet
        wanted = socket.inet_aton(group)
        for packet in wire.datagrams(path):
            if len(packet.payload) < 4 or struct.unpack_from(">H", packet.payload)[0] != DATA:
                continue
            if packet.destination == wanted:
                block = struct.unpack_from(">H", packet.payload, 2)[0]
                self.times.setdefault(block, packet.time)
                self.unique_bytes += packet.length - 4 if block not in self.counts else 0
                self.counts[block] = self.counts.get(block, 0) + 1
                self.bytes += packet.length - 4
            elif packet.source_port != 4011:
                self.unicast += 1
                self.unicast_bytes += packet.length - 4

    @property
    def blocks(self):
        """How many different blocks were sent."""
        return len(self.counts)

    @property
    def repeats(self):
        """How many packets repeated a block."""
        return sum(self.counts.values()) - self.blocks

    def first_session(self):
        """When it was sent for the first time: from, to."""
        return (min(self.times.values()), max(self.times.values())) if self.times else (0, 0)

    def __str__(self):
        return f"{self.blocks} blocks and {self.repeats} repeated to the group, {self.unicast} by unicast"
