# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A network that never rests: frames to the machine and to everybody, from a station of its own on the bridge.

They go on while the operating system starts, so a card that still writes to memory then does so all the time.
"""
import socket
import struct
import sys
import time


STATION = bytes.fromhex("02000000f10d")
BROADCAST = b"\xff" * 6
PAYLOAD = b"PUCKFLOOD" * 100  # found again in the memory of a machine whose card still receives


def _checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(destination, payload):
    """A UDP datagram from 192.168.111.9 to nobody's port."""
    udp = struct.pack(">HHHH", 9, 40000, 8 + len(payload), 0) + payload
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes((192, 168, 111, 9)), b"\xff" * 4)
    header = header[:10] + struct.pack(">H", _checksum(header)) + header[12:]
    return destination + STATION + b"\x08\x00" + header + udp


def arp_request(address):
    """Who has 192.168.111.<address>? Short frames, which everybody has to look at."""
    return BROADCAST + STATION + b"\x08\x06" + struct.pack(
        ">HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, STATION, bytes((192, 168, 111, 9)), bytes(6), bytes((192, 168, 111, address)))


def flood(interface, mac, rate):
    """Sends `rate` frames a second, in bursts of a hundredth of it, until it is killed."""
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((interface, 0))
    frames = (frame(mac, PAYLOAD), frame(BROADCAST, PAYLOAD[:300]), arp_request(100), frame(mac, PAYLOAD[:64]))
    sent, start = 0, time.monotonic()
    while True:
        due = int((time.monotonic() - start) * rate)
        for _ in range(min(due - sent, rate)):
            try:
                link.send(frames[sent % len(frames)])
            except OSError:
                pass  # the machine takes no more at the moment
            sent += 1
        time.sleep(0.01)


if __name__ == "__main__":
    flood(sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", "")), int(sys.argv[3]))
