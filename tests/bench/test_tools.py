#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Tests of the measuring tools: relay and TFTP server as processes (no root needed), and reading captures."""
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
HOST = os.path.join(REPOSITORY, "build/out/host")
sys.path[:0] = [HERE, os.path.join(REPOSITORY, "tools")]
from kit import bios, page, profile, router, sides, table, wire  # noqa: E402

CLIENT, SERVER = "52:54:00:00:00:01", "52:54:00:00:00:02"


def mac(text):
    """Six bytes."""
    return bytes.fromhex(text.replace(":", ""))


def udp(source, target, source_port, target_port, payload):
    """A UDP datagram in an Ethernet frame; checksums are not looked at here."""
    header = struct.pack(">HHHH", source_port, target_port, 8 + len(payload), 0)
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 28 + len(payload), 0, 0, 64, 17, 0, 1, 2)
    return mac(target) + mac(source) + b"\x08\x00" + ip + header + payload


def up(source_port, target_port, payload):
    """From the client."""
    return udp(CLIENT, SERVER, source_port, target_port, payload)


def down(source_port, target_port, payload):
    """To the client."""
    return udp(SERVER, CLIENT, source_port, target_port, payload)


def dhcp(kind):
    """As much of a DHCP message as is looked at."""
    return bytes(236) + b"\x63\x82\x53\x63" + bytes([0, 53, 1, kind, 255])


def block(number, size):
    """A DATA packet."""
    return struct.pack(">HH", 3, number & 0xFFFF) + bytes(size)


def ack(number):
    """An ACK packet."""
    return struct.pack(">HH", 4, number & 0xFFFF)


def write_capture(file, frames):
    """A capture of (time in ms, frame) pairs, the last of which is cut."""
    file.seek(0)
    file.write(struct.pack("<IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
    for when, frame in frames:
        stamp = (100 + when // 1000, when % 1000 * 1000000)
        file.write(struct.pack("<IIII", *stamp, len(frame), len(frame)) + frame)
    file.write(b"cut")
    file.flush()


class Capture(unittest.TestCase):
    """A written capture is read back as what happened."""

    def read(self, frames):
        """The Wire of (time, frame) pairs."""
        with tempfile.NamedTemporaryFile() as file:
            write_capture(file, frames)
            return wire.Wire(file.name, CLIENT)

    def test_boot(self):
        """Times, round trips and one transfer whose second block is sent twice."""
        arp = mac(CLIENT) + mac(SERVER) + b"\x08\x06" + bytes(6) + b"\0\2" + bytes(20)
        seen = self.read([
            (0, up(68, 67, dhcp(1))), (3, down(67, 68, dhcp(2))), (5, up(68, 67, dhcp(3))), (9, down(67, 68, dhcp(5))),
            (10, mac("ff:ff:ff:ff:ff:ff") + mac(CLIENT) + b"\x08\x06" + bytes(28)), (11, arp),
            (12, up(2000, 69, b"\0\1boot\0octet\0blksize\x001000\0")), (13, down(3000, 2000, b"\0\6blksize\x001000\0")),
            (14, up(2000, 3000, ack(0))), (15, down(3000, 2000, block(1, 1000))), (16, up(2000, 3000, ack(1))),
            (17, down(3000, 2000, block(2, 7))), (18, down(3000, 2000, block(2, 7))), (19, up(2000, 3000, ack(2))),
            (20, up(2000, 3000, ack(2)))])
        total, servers = seen.discover_to_rrq()
        self.assertAlmostEqual(total, 0.012, 6)
        self.assertAlmostEqual(servers, 0.007, 6)
        self.assertEqual(seen.before_payload, (5, 5))
        transfer = seen.transfer("boot")
        self.assertEqual((transfer.size, transfer.data_bytes, transfer.data_packets), (1007, 1014, 3))
        self.assertEqual((transfer.frame, transfer.last, transfer.client_frames), (6, 13, 5))
        self.assertAlmostEqual(transfer.seconds, 0.007, 6)
        self.assertTrue(transfer.complete)

    def test_roll_over(self):
        """Block numbers that wrap add up; a repeated old block changes nothing; an unfinished file is not complete."""
        frames = [(0, up(2000, 69, b"\0\1f\0octet\0"))]
        for number in range(1, 65540):
            frames.append((number, down(3000, 2000, block(number, 512))))
        frames += [(70000, down(3000, 2000, block(65530, 512))), (70001, up(2000, 3000, ack(65539)))]
        transfer = self.read(frames).transfer("f")
        self.assertEqual(transfer.size, 65539 * 512)
        self.assertFalse(transfer.complete)

    def test_after(self):
        """What a boot program does that was itself fetched: all before the end of its transfer is left out."""
        frames = [(0, up(68, 67, dhcp(1))), (1, up(2000, 69, b"\0\1loader\0octet\0")),
                  (2, down(3000, 2000, block(1, 5))), (3, up(2000, 3000, ack(1))), (4, up(68, 67, dhcp(1))),
                  (5, up(2001, 69, b"\0\1boot\0octet\0"))]
        with tempfile.NamedTemporaryFile() as file:
            write_capture(file, frames)
            seen = wire.Wire(file.name, CLIENT, after="loader")
            self.assertEqual([t.name for t in seen.transfers], ["boot"])
            self.assertAlmostEqual(seen.dhcp_time(1), 100.004, 6)
            self.assertEqual(wire.Wire(file.name, CLIENT, after="other").transfers, [])

    def test_lookout(self):
        """A request is seen once it is whole in the file, and no other is taken for it."""
        with tempfile.NamedTemporaryFile() as file:
            lookout = wire.Lookout(file.name, "boot")
            write_capture(file, [(0, up(2000, 69, b"\0\1loader\0octet\0"))])
            self.assertFalse(lookout.has_passed())
            file.seek(-3, os.SEEK_END)
            file.truncate()
            write_capture(file, [(0, up(2000, 69, b"\0\1loader\0octet\0")), (1, up(2001, 69, b"\0\1/boot\0octet\0"))])
            self.assertTrue(lookout.has_passed())

    def test_no_answer(self):
        """Without an offer there is no time to tell."""
        self.assertIsNone(self.read([(0, up(68, 67, dhcp(1)))]).discover_to_rrq())


class Figures(unittest.TestCase):
    """The table."""

    def test_ratio_and_failures(self):
        """Ratios are of pairs; a pair with a failure has none, and the failure shows."""
        rows = table.Table()
        for side, figures in (("ours", (2, None, 4)), ("peer", (4, 4, 2))):
            for figure in figures:
                rows.row("time", "s", "less").add(side, figure)
        row = rows.rows["time"]
        self.assertEqual(row.ratio(), "1.25 (0.50–2.00)")
        self.assertIn("1 failed", row.cell("ours"))
        self.assertEqual(row.cell("peer"), "4 (3–4)")

    def test_rate(self):
        """More is better for rates."""
        row = table.Table().row("rate", "MB/s", "more")
        row.add("ours", 30.0)
        row.add("peer", 3.0)
        self.assertEqual(row.ratio(), "10.00")


    def test_many_sides(self):
        """One of ours against two others; who failed in a round has no figure in it, the next round is a pair again."""
        comparisons = [("ratio", "app", ("ovmf", "ipxe")), ("no", "rom", ("ovmf",))]
        rows = table.Table({"app": "A", "ovmf": "O", "ipxe": "I"}, comparisons)
        for failed, figures in ((["ipxe"], {"app": 10, "ovmf": 5}), ([], {"app": 10, "ovmf": 4, "ipxe": 1})):
            before = rows.lengths()
            for side, figure in figures.items():
                rows.row("rate", "MB/s", "more").add(side, figure)
            rows.level(before, failed)
        row = rows.rows["rate"]
        self.assertEqual(row.figures["ipxe"], [None, 1])
        self.assertEqual(rows.lines()[-2], "| rate | MB/s | 10 | 4.5 | 1, 1 failed | 2.25 (2.00–2.50); 10.00 |")


class Page(unittest.TestCase):
    """The page of benchmarks."""

    def test_put(self):
        """A run replaces its own part only; BIOS comes first, whichever was measured first."""
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/page.md"
            for firmware, text in (("uefi", "old\n"), ("bios", "b\n\n### Counts\n"), ("uefi", "new\n")):
                page.put(path, firmware, text)
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), "# Benchmarks\n\n## BIOS\n\nb\n\n### Counts\n\n## UEFI\n\nnew\n")


class Rom(unittest.TestCase):
    """Images of an option ROM."""

    def test_images(self):
        """A BIOS image and an EFI image, the last one marked; a ROM that ends too early has what it has."""
        def image(kind, blocks, last):
            pcir = b"PCIR" + bytes(12) + struct.pack("<HHBB", blocks, 0, kind, last)
            header = b"\x55\xaa".ljust(10, b"\0") + struct.pack("<H", 0x8664)
            return (header.ljust(0x18, b"\0") + struct.pack("<HH", 0x1C, 0) + pcir).ljust(512 * blocks, b"\0")
        with tempfile.NamedTemporaryFile() as file:
            file.write(image(0, 2, 0) + image(3, 3, 0x80) + bytes(512))
            file.flush()
            self.assertEqual(sides.rom_images(file.name), [(sides.BIOS, 1024), (sides.X64, 1536)])
            file.truncate(1024)
            self.assertEqual(sides.rom_images(file.name), [(sides.BIOS, 1024)])


class Probe(unittest.TestCase):
    """What the probe prints of the memory map."""

    def test_told_twice(self):
        """On the debug console and, by way of the BIOS, on the serial port: it is the same memory."""
        said = ("PROBE base_kb=026F\n"
                "PROBE e820 00000001 0000000000000000 000000000009BC00\n"
                "PROBE e820 00000001 0000000000100000 000000000FAE0000\n"
                "PROBE e820 00000002 000000000FBE0000 0000000000400000\n")
        self.assertEqual(bios.parse_probe(said + said), (0x26F, 0xFAE0000))
        self.assertIsNone(bios.parse_probe(""))


class Profile(unittest.TestCase):
    """Blocks are found to be functions wherever the image lies."""

    def test_by_function(self):
        """Three entries vote for the base; a block within a function belongs to it."""
        symbols = [(0x10, "first"), (0x94, "second"), (0x1E0, "third")]
        blocks = [(0x7F010, 5), (0x7F094, 10), (0x7F1E0, 1), (0x7F0A0, 30), (0x7C00, 4)]
        votes, base = profile.find_base(blocks, symbols)
        self.assertEqual((votes, base), (3, 0x7F000))
        functions = profile.by_function(blocks, symbols, base)
        self.assertEqual(functions[:2], [("second", 40), ("first", 5)])
        self.assertEqual(functions[2][1], 4)
        self.assertEqual(profile.find_base(blocks[:1], symbols)[0], 1)


class Advertisement(unittest.TestCase):
    """The router's frame."""

    def test_checksum(self):
        """The sum over pseudo header and message is zero, as a receiver checks it."""
        frame = router.advertisement()
        pseudo = frame[22:54] + struct.pack(">II", len(frame) - 54, 58)
        self.assertEqual(router.checksum(pseudo + frame[54:]), 0)


class Relay(unittest.TestCase):
    """The relay between two sockets, both held by the test."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def start(self, *options):
        """Starts it; returns the process and both ends."""
        paths = [f"{self.folder.name}/{name}" for name in ("qemu", "peer")]
        command = [f"{HOST}/relay", "--qemu", paths[0], "--peer", paths[1], *options]
        relay = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.addCleanup(relay.stdout.close)
        self.addCleanup(relay.wait)
        self.addCleanup(relay.kill)
        ends = []
        for path in paths:
            end = socket.socket(socket.AF_UNIX)
            self.addCleanup(end.close)
            end.settimeout(5)
            for _ in range(500):
                try:
                    end.connect(path)
                    break
                except OSError:
                    time.sleep(0.01)
            ends.append(end)
        # Frames sent before the far end is connected would be lost: one that comes through shows that it is.
        for _ in range(500):
            self.send(ends[0], bytes(20))
            ends[1].settimeout(0.02)
            try:
                self.receive(ends[1])
                break
            except TimeoutError:
                pass
        ends[1].settimeout(5)
        return relay, *ends

    @staticmethod
    def send(end, frame):
        """QEMU's framing."""
        end.sendall(struct.pack(">I", len(frame)) + frame)

    @staticmethod
    def receive(end):
        """One frame."""
        length, = struct.unpack(">I", end.recv(4, socket.MSG_WAITALL))
        return end.recv(length, socket.MSG_WAITALL)

    def test_carries_both_ways_and_ends_with_qemu(self):
        """More frames at once than a batch, of all sizes, come out as they went in; then the counters."""
        relay, qemu, peer = self.start("--pcap", f"{self.folder.name}/pcap", "--snap", "64")
        frames = [bytes([i]) * (14 + i * 11) for i in range(140)]
        for source, target in ((qemu, peer), (peer, qemu)):
            source.sendall(b"".join(struct.pack(">I", len(frame)) + frame for frame in frames))
            self.assertEqual([self.receive(target) for _ in frames], frames)
        qemu.close()
        output, _ = relay.communicate(timeout=5)
        counters = json.loads(output)
        self.assertEqual(relay.returncode, 0)
        self.assertEqual(counters["down"]["frames"], 140)
        self.assertEqual(counters["down"]["delivered_bytes"], sum(map(len, frames)))
        self.assertGreaterEqual(counters["up"]["frames"], 141)
        captured = [data for _, _, data in wire.read_pcap(f"{self.folder.name}/pcap")]
        self.assertEqual(captured[-140:], [frame[:64] for frame in frames])

    def test_ends_when_qemu_goes_amid_frames(self):
        """QEMU may be found gone by writing to it as well as by reading from it."""
        for number in range(15):
            relay, qemu, peer = self.start("--delay", "100")
            for _ in range(300):
                self.send(peer, bytes(1500))
            time.sleep(number * 0.0001)
            qemu.close()
            relay.communicate(timeout=5)
            self.assertEqual(relay.returncode, 0)
            peer.close()

    def test_delay(self):
        """A frame takes at least the delay, and on an idle host hardly more."""
        _, qemu, peer = self.start("--delay", "3000")
        times = []
        for _ in range(20):
            start = time.monotonic()
            self.send(qemu, bytes(60))
            self.receive(peer)
            times.append(time.monotonic() - start)
        self.assertGreaterEqual(min(times), 0.003)
        self.assertLess(min(times), 0.010)

    def test_loss_one_way(self):
        """What is lost upwards is counted; downwards all comes."""
        relay, qemu, peer = self.start("--loss-up", "0.5", "--seed", "7")
        for _ in range(100):
            self.send(qemu, bytes(60))
            self.send(peer, bytes(60))
        for _ in range(100):
            self.receive(qemu)
        qemu.close()
        counters = json.loads(relay.communicate(timeout=5)[0])
        self.assertGreater(counters["up"]["dropped_loss"], 20)
        self.assertEqual(counters["down"]["dropped_loss"], 0)

    def test_refuses_nonsense(self):
        """A wrong argument is an error, not a link without it."""
        for wrong in (["--loss", "2"], ["--delay"], ["--blackout", "5:1"], ["--what", "1"]):
            command = [f"{HOST}/relay", "--qemu", "q", "--peer", "p", *wrong]
            done = subprocess.run(command, capture_output=True, check=False)
            self.assertEqual(done.returncode, 2, wrong)


class TftpServer(unittest.TestCase):
    """Our TFTP server, over the loopback interface."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.content = os.urandom(100_000)
        with open(f"{self.folder.name}/file", "wb") as file:
            file.write(self.content)
        with open(f"{self.folder.name}/empty", "wb"):
            pass

    def start(self, *options):
        """Starts it on a free port; returns a socket and the address to ask."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [f"{HOST}/tftpd", "--root", self.folder.name, "--address", "127.0.0.1", "--port", str(port), *options]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        with open("/proc/net/udp", encoding="ascii") as table_file:
            for _ in range(500):
                table_file.seek(0)
                if f":{port:04X} " in table_file.read():
                    break
                time.sleep(0.01)
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(client.close)
        client.settimeout(5)
        return client, ("127.0.0.1", port)

    def fetch(self, client, server, request, window=1, lose=None):
        """The whole file; block `lose` is taken as lost the first time it comes."""
        client.sendto(request, server)
        content, expected, in_window, oack = b"", 1, 0, None
        while True:
            packet, peer = client.recvfrom(70000)
            opcode, number = struct.unpack_from(">HH", packet)
            if opcode == 6:
                oack = packet
                client.sendto(ack(0), peer)
                continue
            self.assertEqual(opcode, 3)
            if number == lose:
                lose = None
                client.sendto(ack(expected - 1), peer)
                continue
            if number != expected:
                continue
            content += packet[4:]
            expected += 1
            in_window += 1
            size = int(wire.options_of(oack[2:].split(b"\0")).get("blksize", 512)) if oack else 512
            last = len(packet) - 4 < size
            if last or in_window == window:
                in_window = 0
                client.sendto(ack(number), peer)
            if last:
                return content, oack

    def test_plain(self):
        """RFC 1350; and an empty file."""
        client, server = self.start()
        self.assertEqual(self.fetch(client, server, b"\0\1file\0octet\0"), (self.content, None))
        self.assertEqual(self.fetch(client, server, b"\0\1empty\0octet\0")[0], b"")

    def test_window_with_loss(self):
        """RFC 7440: after an early ACK the window starts again behind it."""
        client, server = self.start()
        request = b"\0\1file\0octet\0blksize\x001000\0windowsize\x008\0tsize\x000\0"
        for lose in (None, 1, 3, 100):
            with self.subTest(lose=lose):
                content, oack = self.fetch(client, server, request, 8, lose)
                self.assertEqual(content, self.content)
                self.assertEqual(oack, b"\0\6blksize\x001000\0tsize\x00100000\0windowsize\x008\0")

    def test_sends_again(self):
        """After the server's timeout; but not on a repeated ACK (RFC 1123 §4.2.3.1)."""
        client, server = self.start("--rto", "300")
        client.sendto(b"\0\1file\0octet\0", server)
        first, peer = client.recvfrom(1000)
        client.sendto(ack(0), peer)
        start = time.monotonic()
        self.assertEqual(client.recvfrom(1000)[0], first)
        self.assertGreater(time.monotonic() - start, 0.2)

    def test_errors(self):
        """Not found, and an error on demand."""
        client, server = self.start()
        for name in (b"none", b"../file"):
            client.sendto(b"\0\1" + name + b"\0octet\0", server)
            self.assertEqual(client.recvfrom(1000)[0], b"\0\5\0\1File not found\0")
        client, server = self.start("--error", "2:no")
        client.sendto(b"\0\1file\0octet\0", server)
        self.assertEqual(client.recvfrom(1000)[0], b"\0\5\0\2no\0")


if __name__ == "__main__":
    unittest.main()
