# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Captured UDP datagrams and DHCP messages, with the time of each."""
import socket
import struct
from dataclasses import dataclass

MAGIC = b"\x63\x82\x53\x63"
PAD, END, OVERLOAD = 0, 255, 52
MESSAGE_TYPE, VENDOR, SERVER_ID, CLASS = 53, 43, 54, 60
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
BOOT_ITEM = 71  # the tag inside option 43


@dataclass
class Datagram:
    """A UDP datagram's first fragment; `length` is the payload's on the wire, of which less may have been kept."""

    time: float
    source: bytes
    source_port: int
    destination: bytes
    port: int
    payload: bytes
    length: int
    mac: bytes  # of the sender


@dataclass
class Igmp:
    """An IGMP message (RFC 2236)."""

    time: float
    source: bytes
    destination: bytes
    kind: int
    group: str


def frames(path):
    """(time, bytes) of each frame of a pcap file."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 24:
        return
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, kept = struct.unpack_from(order + "III", data, at)
        yield seconds + fraction / 1e6, data[at + 16:at + 16 + kept]
        at += 16 + kept


def datagrams(path):
    """The UDP datagrams of a capture."""
    for time, frame in frames(path):
        if len(frame) < 42 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
            continue
        if struct.unpack_from(">H", frame, 20)[0] & 0x1FFF:
            continue
        udp = 14 + (frame[14] & 15) * 4
        if udp + 8 <= len(frame):
            source, destination, length = struct.unpack_from(">HHH", frame, udp)
            yield Datagram(time, frame[26:30], source, frame[30:34], destination, frame[udp + 8:], length - 8, frame[6:12])


def igmp(path):
    """The IGMP messages of a capture."""
    for time, frame in frames(path):
        if len(frame) < 34 or frame[12:14] != b"\x08\x00" or frame[23] != 2:
            continue
        body = frame[14 + (frame[14] & 15) * 4:]
        if len(body) >= 8:
            yield Igmp(time, frame[26:30], frame[30:34], body[0], socket.inet_ntoa(body[4:8]))


def options(data):
    """{tag: value} of a row of options; the values of a repeated tag belong together (RFC 3396)."""
    found, at = {}, 0
    while at < len(data) and data[at] != END:
        if data[at] == PAD:
            at += 1
            continue
        if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
            break
        found[data[at]] = found.get(data[at], b"") + data[at + 2:at + 2 + data[at + 1]]
        at += 2 + data[at + 1]
    return found


@dataclass
class Dhcp:
    """A BOOTP or DHCP message; `kind` is 0 for BOOTP."""

    datagram: Datagram
    xid: bytes
    kind: int
    options: dict
    vendor: dict  # the tags of option 43
    file: str
    siaddr: str
    from_client: bool

    @property
    def time(self):
        """When it was captured."""
        return self.datagram.time

    @property
    def to(self):
        """Where it went: address and port."""
        return socket.inet_ntoa(self.datagram.destination), self.datagram.port

    @property
    def sender(self):
        """The address it came from."""
        return socket.inet_ntoa(self.datagram.source)


def dhcp(path):
    """The DHCP messages of a capture, each as often as it was sent."""
    for packet in datagrams(path):
        body = packet.payload
        if len(body) < 240 or body[236:240] != MAGIC or body[0] not in (1, 2):
            continue
        found = options(body[240:])
        kind = found.get(MESSAGE_TYPE, b"\0")
        yield Dhcp(packet, body[4:8], kind[0] if kind else 0, found, options(found.get(VENDOR, b"")),
                   body[108:236].split(b"\0")[0].decode("latin-1"), socket.inet_ntoa(body[20:24]), body[0] == 1)


def requests_for_item(path):
    """The requests that ask a boot server for an item of the menu (tag 71 of option 43)."""
    return [message for message in dhcp(path) if message.from_client and BOOT_ITEM in message.vendor]


def read_requests(path):
    """(time, client, server, port, name) of each TFTP read request, on whichever port; repetitions too."""
    for packet in datagrams(path):
        if packet.payload[:2] == b"\0\1" and packet.port in (69, 1758, 1759):
            name = packet.payload[2:].split(b"\0")[0].decode("latin-1")
            yield packet.time, packet.source, packet.destination, packet.port, name
