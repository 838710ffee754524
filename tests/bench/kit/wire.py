# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What a boot did on the wire, read from the relay's capture: its DHCP exchange, its TFTP transfers, its counts.

Frame numbers are those of the capture, so that the relay's samples of the instruction counters (three numbers per
frame) can be looked up by them.
"""
import struct

RRQ, DATA, ACK, ERROR, OACK = 1, 3, 4, 5, 6
DISCOVER, OFFER, REQUEST, DHCPACK = 1, 2, 3, 5
PROTOCOL_UDP = 17


class Transfer:
    """One TFTP read request and what followed; `frame` and `last` are the frames of the request and of the last ACK."""

    def __init__(self, frame, time, name, asked):
        self.frame = self.last = frame
        self.start = self.end = time
        self.name = name
        self.asked = asked
        self.granted = {}
        self.blksize = 512
        self.blocks = 0          # the highest block that came, numbered without wrapping
        self.last_size = 0
        self.data_packets = 0
        self.data_bytes = 0      # with repetitions
        self.client_frames = 1
        self.complete = False
        self.acked = -1

    @property
    def size(self):
        """Bytes of the file, as far as it came."""
        return (self.blocks - 1) * self.blksize + self.last_size if self.blocks else 0

    @property
    def seconds(self):
        """From the request to the last ACK."""
        return self.end - self.start

    @property
    def rate(self):
        """Bytes of file per second."""
        return self.size / self.seconds if self.seconds > 0 else 0.0

    def take_data(self, time, number, size):
        """A block came in."""
        self.data_packets += 1
        self.data_bytes += size
        ahead = (number - self.blocks) & 0xFFFF
        if 0 < ahead < 0x8000:
            self.blocks += ahead
            self.last_size = size

    def take_ack(self, frame, time, number):
        """The client acknowledged a block."""
        self.client_frames += 1
        if number != self.acked:
            self.acked = number
            self.last, self.end = frame, time
        if self.blocks and self.last_size < self.blksize and number == self.blocks & 0xFFFF:
            self.complete = True


class Wire:
    """One boot. Times are seconds since the epoch.

    With `after`, the name of a file, what came before the end of that file's transfer is left out: a boot program that
    was itself fetched begins anew.
    """

    def __init__(self, path, client_mac, after=None):
        self.client = bytes.fromhex(client_mac.replace(":", ""))
        self.first_frame = None         # time of the client's first frame
        self.dhcp = []                  # (time, message type) of each DHCP message
        self.transfers = []
        self.before_payload = None      # (frames of the client, round trips) up to the first block of a file
        self._by_port = {}
        self._client_frames = self._round_trips = 0
        self._client_spoke = False
        earlier = after and Wire(path, client_mac).transfer(after)
        if after and not earlier:
            return
        for frame, time, data in read_pcap(path):
            if not earlier or frame > earlier.last:
                self._take(frame, time, data)

    @property
    def first_rrq(self):
        """The first transfer asked for, or None."""
        return self.transfers[0] if self.transfers else None

    def transfer(self, name):
        """The largest transfer of a file whose name ends like this, or None."""
        found = [t for t in self.transfers if t.name.lstrip("/").endswith(name)]
        return max(found, key=lambda t: t.size, default=None)

    def asked_for(self, name):
        """The first request for a file whose name ends like this, or None."""
        return next((t for t in self.transfers if t.name.lstrip("/").endswith(name)), None)

    def times_asked(self, name):
        """How often a file was asked for."""
        return sum(t.name == name for t in self.transfers)

    def dhcp_time(self, kind, last=False):
        """When the first (or the last) message of a type passed, or None."""
        times = [time for time, seen in self.dhcp if seen == kind]
        return times[-1 if last else 0] if times else None

    def discover_to_rrq(self):
        """(seconds from the first DISCOVER to the first RRQ, seconds of it the servers took), or None."""
        start, offer = self.dhcp_time(DISCOVER), self.dhcp_time(OFFER)
        request, ack = self.dhcp_time(REQUEST, True), self.dhcp_time(DHCPACK)
        if None in (start, offer, request, ack) or not self.first_rrq:
            return None
        return self.first_rrq.start - start, (offer - start) + max(0.0, ack - request)

    def _take(self, frame, time, data):
        from_client = data[6:12] == self.client
        if from_client:
            self.first_frame = self.first_frame or time
            if not self.before_payload:
                self._client_frames += 1
                self._client_spoke = True
        elif data[0:6] not in (self.client, b"\xff" * 6):
            return
        packet = parse_udp(data)
        if not from_client and self._client_spoke and (packet or is_arp_reply(data)):
            self._round_trips += 1
            self._client_spoke = False
        if packet:
            self._take_udp(frame, time, from_client, packet)

    def _take_udp(self, frame, time, from_client, packet):
        source, target, payload, length = packet
        if {source, target} & {67, 68}:
            kind = dhcp_type(payload)
            if kind:
                self.dhcp.append((time, kind))
            return
        if len(payload) < 4:
            return
        opcode, number = struct.unpack_from(">HH", payload)
        if from_client:
            if target == 69 and opcode == RRQ:
                name, asked = parse_strings(payload[2:length])
                self._by_port[source] = Transfer(frame, time, name, asked)
                self.transfers.append(self._by_port[source])
            elif opcode == ACK and source in self._by_port:
                self._by_port[source].take_ack(frame, time, number)
            elif source in self._by_port:
                self._by_port[source].client_frames += 1
            return
        transfer = self._by_port.get(target)
        if not transfer:
            return
        if opcode == OACK:
            transfer.granted = options_of(payload[2:length].split(b"\0"))
            transfer.blksize = int(transfer.granted.get("blksize", 512))
        elif opcode == DATA:
            transfer.take_data(time, number, length - 4)
            if not self.before_payload:
                self.before_payload = (self._client_frames, self._round_trips)


def read_pcap(path):
    """(number, time, bytes) of each frame of a capture with time stamps in nanoseconds; a cut last one is left out."""
    with open(path, "rb") as file:
        data = file.read()
    at, number = 24, 0
    while at + 16 <= len(data):
        seconds, nanoseconds, kept, _ = struct.unpack_from("<IIII", data, at)
        if at + 16 + kept > len(data):
            return
        yield number, seconds + nanoseconds / 1e9, data[at + 16:at + 16 + kept]
        at += 16 + kept
        number += 1


class Lookout:
    """Sees a read request pass in a capture that is still being written."""

    def __init__(self, path, name):
        self.path = path
        self.name = name.encode()
        self.at = 24

    def has_passed(self):
        """Whether the request was in what has been written since the last look."""
        try:
            with open(self.path, "rb") as file:
                file.seek(self.at)
                data = file.read()
        except FileNotFoundError:
            return False
        at = 0
        while at + 16 <= len(data):
            kept, = struct.unpack_from("<I", data, at + 8)
            if at + 16 + kept > len(data):
                break
            packet = parse_udp(data[at + 16:at + 16 + kept])
            at += 16 + kept
            if packet and packet[1] == 69 and packet[2][:2] == b"\0\1":
                if packet[2][2:].split(b"\0")[0].endswith(self.name):
                    return True
        self.at += at
        return False


def parse_udp(data):
    """(source port, destination port, payload as captured, its true length) of a datagram's first frame, or None."""
    if data[12:14] != b"\x08\x00" or len(data) < 42 or data[23] != PROTOCOL_UDP:
        return None
    if struct.unpack_from(">H", data, 20)[0] & 0x1FFF:
        return None
    at = 14 + (data[14] & 15) * 4
    source, target, length = struct.unpack_from(">HHH", data, at)
    return source, target, data[at + 8:at + length], length - 8


def is_arp_reply(data):
    """Whether a frame answers an ARP request."""
    return data[12:14] == b"\x08\x06" and data[20:22] == b"\0\2"


def dhcp_type(message):
    """The value of option 53, or None."""
    at = 240
    while at + 2 < len(message) and message[at] != 255:
        if message[at] == 53:
            return message[at + 2]
        at += 1 if message[at] == 0 else 2 + message[at + 1]
    return None


def options_of(words):
    """Names and values of TFTP options, in turn."""
    texts = [word.decode("latin-1").lower() for word in words]
    return dict(zip(texts[0::2], texts[1::2]))


def parse_strings(data):
    """(file name, options) of a read request."""
    words = data.split(b"\0")
    return words[0].decode("latin-1"), options_of(words[2:-1])


def read_samples(path):
    """The relay's samples: (instructions, bytes loaded, bytes stored) per frame of its capture."""
    with open(path, "rb") as file:
        data = file.read()
    return list(struct.iter_unpack("<QQQ", data[:len(data) // 24 * 24]))
