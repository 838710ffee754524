# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Multicast file transfers: the boot programs that ask for them, and what a capture says about them."""
import array
import socket
import struct
import zlib

from . import wire

DATA = 3
REPORT = 0x16  # IGMPv2
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
    """The DATA packets of one file in a capture: which blocks went to groups, how often, and what went to single machines.

    A server's port belongs to the file that was asked for from where it answers to; each session has a port of its own.
    """

    def __init__(self, path, name):
        self.counts = {}
        self.times = {}  # of each block's first packet
        self.bytes = 0  # of file contents, to groups
        self.unique_bytes = 0  # each block once
        self.unicast = 0
        self.unicast_bytes = 0
        self.groups = set()
        packets = [packet for packet in wire.datagrams(path) if len(packet.payload) >= 4]
        ports = _ports_of(packets, name)
        for packet in packets:
            opcode, block = struct.unpack_from(">HH", packet.payload)
            if opcode == DATA and packet.source_port in ports:
                self._add(packet, block)

    def _add(self, packet, block):
        size = packet.length - 4
        if not is_group(packet.destination):
            self.unicast += 1
            self.unicast_bytes += size
            return
        self.groups.add(socket.inet_ntoa(packet.destination))
        self.times.setdefault(block, packet.time)
        self.unique_bytes += size if block not in self.counts else 0
        self.counts[block] = self.counts.get(block, 0) + 1
        self.bytes += size

    @property
    def blocks(self):
        """How many different blocks were sent."""
        return len(self.counts)

    @property
    def repeats(self):
        """How many packets repeated a block."""
        return sum(self.counts.values()) - self.blocks

    def missed_by(self, joined):
        """Which part of the file had been sent to the group before a machine joined it."""
        return sum(time < joined for time in self.times.values()) / max(1, self.blocks)

    def __str__(self):
        return f"{self.blocks} blocks and {self.repeats} repeated to {'/'.join(sorted(self.groups)) or 'no group'}, " \
               f"{self.unicast} by unicast"


def is_group(address):
    """Whether four bytes are a multicast address."""
    return 224 <= address[0] < 240


def _ports_of(packets, name):
    askers, ports = set(), set()
    for packet in packets:
        if packet.payload[:2] == b"\0\1" and packet.port in (69, 1758):
            asked = packet.payload[2:].split(b"\0")[0].decode("latin-1").lstrip("/")
            asker = (packet.source, packet.source_port)
            askers.add(asker) if asked == name else askers.discard(asker)
        elif (packet.destination, packet.port) in askers:
            ports.add(packet.source_port)
    return ports


def joins(path, groups):
    """When each machine first reported one of the groups, in order."""
    first = {}
    for report in wire.igmp(path):
        if report.kind == REPORT and report.group in groups:
            first.setdefault(report.source, report.time)
    return sorted(first.values())
