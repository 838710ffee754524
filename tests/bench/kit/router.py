# SPDX-License-Identifier: BSD-2-Clause-Patent
"""An IPv6 router that says so when asked and does nothing else (RFC 4861 §6.2).

Debian's iPXE looks for one before it boots and waits 16 s when there is none. That is measured once; where it is not
the question, this answer spares every boot the wait.
"""
import socket
import struct
import threading

from labkit import namespace

ETHERTYPE_IPV6 = 0x86DD
ICMPV6, ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT = 58, 133, 134
MAC = bytes.fromhex("5254000000fe")
ADDRESS = socket.inet_pton(socket.AF_INET6, "fe80::fe")
ALL_NODES = socket.inet_pton(socket.AF_INET6, "ff02::1")
ALL_NODES_MAC = bytes.fromhex("333300000001")


def checksum(data):
    """The Internet checksum."""
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def advertisement():
    """A frame to all nodes: hop limit 64, no DHCPv6, router for half an hour, no prefix."""
    def message(value):
        return struct.pack(">BBHBBHII", ROUTER_ADVERTISEMENT, 0, value, 64, 0, 1800, 0, 0)
    pseudo = ADDRESS + ALL_NODES + struct.pack(">II", len(message(0)), ICMPV6)
    payload = message(checksum(pseudo + message(0)))
    header = struct.pack(">IHBB", 6 << 28, len(payload), ICMPV6, 255) + ADDRESS + ALL_NODES
    return ALL_NODES_MAC + MAC + struct.pack(">H", ETHERTYPE_IPV6) + header + payload


class Router:
    """Answers solicitations while `answers` is set; gone with the process."""

    def __init__(self):
        self.answers = False
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_IPV6))
        self.socket.bind((namespace.BRIDGE, ETHERTYPE_IPV6))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            frame, address = self.socket.recvfrom(2048)
            asked = frame[20:21] == bytes([ICMPV6]) and frame[54:55] == bytes([ROUTER_SOLICITATION])
            if asked and self.answers and address[2] != socket.PACKET_OUTGOING:
                self.socket.send(advertisement())
