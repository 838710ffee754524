# SPDX-License-Identifier: BSD-2-Clause-Patent
"""tools/romtool join: every field that a BIOS, firmware and QEMU read, and what is refused."""
import contextlib
import io
import os
import random
import struct
import tempfile
import unittest
import unittest.mock

import pe_file
import script

romtool = script.load("romtool")
uefi_compression = romtool.uefi_compression
IDS = "8086:100e"


def bios(blocks=3, ids=(0x8086, 0x100E), kind=0):
    """A BIOS image as `romtool finish` leaves it: the only one of its ROM."""
    rom = bytearray(blocks * 512)
    struct.pack_into("<HB", rom, 0, 0xAA55, blocks)
    struct.pack_into("<HH", rom, 0x18, 0x1C, 0x40)
    struct.pack_into("<4sHHHHB3sHHBB", rom, 0x1C, b"PCIR", *ids, 0, 0x18, 0, b"\0\0\2", blocks, 1, kind, 0x80)
    struct.pack_into("<4sBB", rom, 0x40, b"$PnP", 1, 2)
    rom[100:200] = bytes(range(100))
    rom[6] = -sum(rom) & 0xFF
    return bytes(rom)


class Join(unittest.TestCase):
    """With files in a folder of the test."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.out = os.path.join(self.folder.name, "out.rom")

    def write(self, name, data):
        """The path of a new file."""
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as file:
            file.write(bytes(data))
        return path

    def join(self, rom, *efis, ids=IDS):
        """The bytes of the joined ROM."""
        paths = [self.write("bios.rom", rom)] + [self.write(f"{i}.efi", efi) for i, efi in enumerate(efis)]
        with contextlib.redirect_stdout(io.StringIO()):
            romtool.main(["join", *paths, self.out, ids])
        with open(self.out, "rb") as file:
            return file.read()

    def refused(self, words, rom, *efis, ids=IDS):
        """With a message, and no file made."""
        with self.assertRaises(SystemExit) as caught:
            self.join(rom, *efis, ids=ids)
        self.assertIn(words, str(caught.exception.code))
        self.assertFalse(os.path.exists(self.out))

    def test_bios_alone_stays_as_it_is(self):
        """Nothing to join."""
        self.assertEqual(self.join(bios()), bios())

    def test_bios_image_is_changed_in_two_bytes(self):
        """More images follow, and the sum is still zero; its own size is as before."""
        rom = self.join(bios(), pe_file.PeFile(subsystem=11))
        first = rom[:3 * 512]
        self.assertEqual([i for i in range(len(first)) if first[i] != bios()[i]], [6, 0x1C + 0x15])
        self.assertEqual((first[0x1C + 0x15], sum(first) & 0xFF, first[2]), (0, 0, 3))

    def test_efi_images(self):
        """UEFI 2.10 table 14-14 and the PCI data structure, for two machines."""
        files = [pe_file.PeFile(pe_file.X64, 11), pe_file.PeFile(pe_file.IA32, 12)]
        files[0].tail = bytes(5) + b"end"
        rom = self.join(bios(), *files)
        self.assertEqual(len(rom) % 512, 0)
        at = 3 * 512
        for file, last in zip(files, (0, 0x80)):
            pe = uefi_compression.compress(bytes(file))
            self.assertEqual(uefi_compression.decompress(pe), bytes(file))
            blocks = -(-(0x40 + len(pe)) // 512)
            self.assertEqual(struct.unpack_from("<HHIHHH", rom, at),
                             (0xAA55, blocks, 0x0EF1, file.subsystem, file.machine, 1))
            start, pcir = struct.unpack_from("<HH", rom, at + 0x16)
            self.assertEqual(pcir % 4, 0)
            self.assertEqual(rom[at + start:at + start + len(pe)], pe)
            self.assertEqual(struct.unpack_from("<4sHHHHB3sHHBBHHH", rom, at + pcir),
                             (b"PCIR", 0x8086, 0x100E, 0, 0x1C, 3, b"\0\0\2", blocks, 1, 3, last, 0, 0, 0))
            self.assertGreaterEqual(start, pcir + 0x1C)
            self.assertFalse(any(rom[at + start + len(pe):at + blocks * 512]))
            at += blocks * 512
        self.assertEqual(at, len(rom))

    def test_show_names_every_image(self):
        """What a person checks a ROM by."""
        self.join(bios(), pe_file.PeFile(pe_file.X64, 11), pe_file.PeFile(pe_file.IA32, 11))
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            romtool.main(["show", self.out])
        for words in ("BIOS, 1536 bytes at start, sum 0x00", "EFI x64 boot-service driver", "EFI ia32 boot-service driver",
                      "code type 3, more follow", "code type 3, last"):
            self.assertIn(words, out.getvalue())

    def test_show_refuses_a_cut_or_longer_rom(self):
        """Cut in the last image, cut between images, and with something behind."""
        efi = pe_file.PeFile(subsystem=11)
        efi.tail = random.Random(1).randbytes(1500)
        rom = self.join(bios(), efi)
        for data, words in ((rom[:-512], "file ends before"), (rom[:1536], "no image at 0x600"), (rom + b"x", "behind the last")):
            with self.assertRaises(SystemExit) as caught, contextlib.redirect_stdout(io.StringIO()):
                romtool.main(["show", self.write("cut.rom", data)])
            self.assertIn(words, str(caught.exception.code))

    def test_what_is_no_driver(self):
        """Firmware would skip it, without a word."""
        self.refused("is no driver", bios(), pe_file.PeFile(subsystem=10))
        self.refused("not one that Puck", bios(), pe_file.PeFile(0x01C4, 11))
        self.refused("not a PE", bios(), b"MZ" + bytes(0x3A) + b"\xff\xff\xff\xff" + bytes(100))
        self.refused("not a PE", bios(), b"")
        self.refused("same machine", bios(), pe_file.PeFile(subsystem=11), pe_file.PeFile(subsystem=11))
        with unittest.mock.patch.object(romtool, "IMAGE_MAX", 256):
            self.refused("too large", bios(), pe_file.PeFile(subsystem=11))

    def test_what_is_no_bios_image(self):
        """Not finished, of another card, already joined."""
        efi = pe_file.PeFile(subsystem=11)
        self.refused("another card", bios(), efi, ids="8086:10d3")
        self.refused("not one finished", bios(kind=3), efi)
        wrong_sum = bytearray(bios())
        wrong_sum[300] ^= 1
        self.refused("not one finished", wrong_sum, efi)
        wrong_size = bytearray(bios())
        wrong_size[2], wrong_size[6] = 2, wrong_size[6] + 1
        self.refused("not one finished", wrong_size, efi)
        joined = self.join(bios(), efi)
        os.remove(self.out)
        self.refused("not one finished", joined, efi)
        self.refused("no PCI data structure", bios().replace(b"PCIR", b"PCIX"), efi)
        self.refused("no image", bytes(512), efi)


if __name__ == "__main__":
    unittest.main()
