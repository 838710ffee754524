# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the wire saw: TFTP transfers of a recorded boot, with what was negotiated (RFC 1350, 2090, 2347, 2348, 2349, 7440)."""
import socket
import struct

RRQ, DATA, ACK, ERROR, OACK = 1, 3, 4, 5, 6
UNKNOWN_TRANSFER = 5  # the error code
ALL_IS_HERE = "all is here"  # how our client takes its leave of a group (RFC 2090 allows an ERROR): no failure
DHCP_MAGIC, DHCP_MESSAGE_TYPE = b"\x63\x82\x53\x63", 53
DHCP_TYPES = {1: "discover", 3: "request", 4: "decline", 7: "release", 8: "inform"}


class Transfer:
    """One read request and what followed it."""

    def __init__(self, client, name, asked):
        self.client = client
        self.name = name
        self.asked = asked
        self.options = {}
        self.blocks = 0
        self.acks = 0
        self.repeats = 0
        self.last_size = None
        self.error = None

    @property
    def blksize(self):
        """Bytes in a full block."""
        return int(self.options.get("blksize", 512))

    @property
    def complete(self):
        """Whether the last, shorter block was sent."""
        return self.last_size is not None and self.last_size < self.blksize

    @property
    def size(self):
        """Bytes of the file, as far as it was sent."""
        return (self.blocks - 1) * self.blksize + self.last_size if self.blocks else 0

    def data(self, number, size):
        """A block was sent; block numbers are 16 bits wide and roll over."""
        if number == (self.blocks + 1) & 0xFFFF:
            self.blocks += 1
            self.last_size = size
        elif (self.blocks - number) & 0xFFFF < 0x8000:
            self.repeats += 1
        else:
            self.blocks += (number - self.blocks) & 0xFFFF  # the capture lost some
            self.last_size = size

    def __str__(self):
        if self.error:
            outcome = f"error: {self.error}"
        else:
            outcome = f"{self.size} bytes in {self.blocks} blocks, {self.acks} ACKs, {self.repeats} repeated, "
            outcome += "complete" if self.complete else "INCOMPLETE"
        got = " ".join(f"{key}={value}" for key, value in self.options.items()) or "no options"
        asked = " ".join(f"{key}={value}" for key, value in self.asked.items()) or "no options"
        return f"{self.name}: asked {asked}; got {got}; {outcome}"


def _udp_packets(path):
    """(source, source port, destination, destination port, payload, length) of each UDP datagram's first fragment."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 24:
        return
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        kept = struct.unpack_from(order + "I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + kept]
        at += 16 + kept
        if len(frame) < 42 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
            continue
        if struct.unpack_from(">H", frame, 20)[0] & 0x1FFF:
            continue
        udp = 14 + (frame[14] & 15) * 4
        if udp + 8 <= len(frame):
            source, destination, length = struct.unpack_from(">HHH", frame, udp)
            yield frame[26:30], source, frame[30:34], destination, frame[udp + 8:], length - 8


def _options(words):
    return {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in zip(words[::2], words[1::2])}


def _group(transfer, server):
    """Where a multicast transfer's blocks go: group, port and the server's port; None for a transfer by unicast."""
    address, port, _ = (transfer.options.get("multicast", "") + ",,").split(",")[:3]
    return (socket.inet_aton(address), int(port), server) if address and port else None


def transfers(path):
    """The TFTP reads of a capture, in the order they were asked for."""
    found, by_port, by_group = [], {}, {}
    for source, source_port, destination, destination_port, payload, length in _udp_packets(path):
        if len(payload) < 4:
            continue
        opcode, number = struct.unpack_from(">HH", payload)
        if destination_port == 69 and opcode == RRQ:
            words = payload[2:].split(b"\0")
            name, asked = words[0].decode("latin-1"), _options(words[2:-1])
            earlier = by_port.get((source, source_port))
            if not earlier or earlier.name != name or earlier.blocks or earlier.error:  # else it is the same, repeated
                by_port[source, source_port] = Transfer(source, name, asked)
                found.append(by_port[source, source_port])
            continue
        transfer = by_port.get((destination, destination_port)) or by_group.get((destination, destination_port, source_port))
        if transfer:
            if opcode == OACK:
                transfer.options = _options(payload[2:length].split(b"\0")[:-1])
                by_group[_group(transfer, source_port)] = transfer
            elif opcode == DATA:
                transfer.data(number, length - 4)
            elif opcode == ERROR:
                transfer.error = payload[4:length].rstrip(b"\0").decode("latin-1")
        elif opcode == ACK and (source, source_port) in by_port:
            by_port[source, source_port].acks += 1
        # A request repeated to a slow server starts a second transfer, whose server is told to go; the first goes on.
        elif opcode == ERROR and number != UNKNOWN_TRANSFER and (source, source_port) in by_port:
            transfer = by_port[source, source_port]
            text = payload[4:length].rstrip(b"\0").decode("latin-1")
            if text != ALL_IS_HERE:
                transfer.error = f"client: {text}"
    return found


def check(found, text):
    """'' when NAME[:KEY=VALUE...] was fetched completely that way, else what is wrong."""
    name, *wishes = text.split(":")
    candidates = [transfer for transfer in found if transfer.name.lstrip("/") == name.lstrip("/")]
    for transfer in candidates:
        if transfer.complete and not transfer.error and all(_meets(transfer, wish) for wish in wishes):
            return ""
    if not candidates:
        return f"{name} was not asked for by TFTP"
    return f"no complete transfer of {text}: " + "; ".join(str(transfer) for transfer in candidates)


def _meets(transfer, wish):
    key, _, value = wish.partition("=")
    if key == "minblocks":
        return transfer.blocks >= int(value)
    if key == "minblksize":
        return transfer.blksize >= int(value)
    if key == "size":
        return transfer.size == int(value)
    if key == "blksize":
        return transfer.blksize == int(value)
    return transfer.options.get(key) == value


def dhcp_messages(path, before=None):
    """Names of the DHCP messages that clients sent, each once however often it was repeated."""
    seen = []
    for _, source_port, destination, port, payload, _ in _udp_packets(path):
        if port == 69 and before and payload[2:].split(b"\0")[0].decode("latin-1").lstrip("/") == before.lstrip("/"):
            return [kind for kind, _, _ in seen]
        if source_port == 68 and payload[:1] == b"\1" and payload[236:240] == DHCP_MAGIC:
            kind = _dhcp_option(payload, DHCP_MESSAGE_TYPE)
            message = DHCP_TYPES.get(kind[0] if kind else 0, "other"), payload[4:8], (destination, port)
            if message not in seen:
                seen.append(message)
    return [kind for kind, _, _ in seen]


def _dhcp_option(payload, wanted):
    at = 240
    while at + 1 < len(payload) and payload[at] != 255:
        if payload[at] == 0:
            at += 1
            continue
        if payload[at] == wanted:
            return payload[at + 2:at + 2 + payload[at + 1]]
        at += 2 + payload[at + 1]
    return None


def check_dhcp(path, text):
    """'' when the capture holds so many messages of each TYPE=COUNT, up to the request for `before=NAME`."""
    wishes = dict(wish.split("=", 1) for wish in text.split(":"))
    found = dhcp_messages(path, wishes.pop("before", None))
    for kind, count in wishes.items():
        if found.count(kind) != int(count):
            return f"{found.count(kind)} DHCP {kind} instead of {count}; there were: {' '.join(found) or 'none'}"
    return ""
