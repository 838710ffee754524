# SPDX-License-Identifier: BSD-2-Clause-Patent
"""tools/uefi_compression against streams made by hand from the specification's text, and against itself."""
import random
import struct
import unittest

import script

uefi_compression = script.load("uefi_compression.py")


def stream(bits, size):
    """A compressed file from its bits."""
    bits = bits.replace(" ", "")
    bits += "0" * (-len(bits) % 8)
    data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
    return struct.pack("<II", len(data), size) + data


class Compression(unittest.TestCase):
    """Both directions."""

    def test_streams_of_the_specification(self):
        """UEFI 2.10 section 19.2: a code of one symbol has no bits; runs of zeros among the lengths; a string."""
        def field(value, bits):
            return f"{value:0{bits}b}"
        # Three times the character A: all three codes have one symbol.
        one = field(3, 16) + field(0, 5) + field(0, 5) + field(0, 9) + field(65, 9) + field(0, 4) + field(0, 4)
        self.assertEqual(uefi_compression.decompress(stream(one, 3)), b"AAA")
        # A, B, and a string of 3 from distance 2: lengths of characters 65 (2), 66 (2), 256 (1).
        extras = field(5, 5) + field(0, 3) + field(0, 3) + field(1, 3) + field(0, 2) + field(2, 3) + field(2, 3)
        # the extra symbols: 2 (long run) is 0, 3 (length 1) is 10, 4 (length 2) is 11
        lengths = field(257, 9) + "0" + field(65 - 20, 9) + "11" + "11" + "0" + field(189 - 20, 9) + "10"
        text = field(3, 16) + extras + lengths + field(0, 4) + field(1, 4) + "10" + "11" + "0"
        self.assertEqual(uefi_compression.decompress(stream(text, 5)), b"ABABA")

    def test_there_and_back(self):
        """Nothing, one byte, runs, no two alike, longer than the window and than a block."""
        source = random.Random(1)
        noise = bytes(source.randrange(256) for _ in range(20000))
        words = [bytes(source.randrange(256) for _ in range(source.randrange(2, 100))) for _ in range(50)]
        text = b"".join(source.choice(words) for _ in range(600))
        skewed = b"".join(bytes([i]) * min(1 << i, 30000) for i in range(20))
        for name, data in (("empty", b""), ("byte", b"x"), ("two", b"xy"), ("run", bytes(100000)), ("alphabet", bytes(range(256))),
                           ("noise", noise), ("far", noise[:9000] + noise[:9000]), ("text", text), ("skewed", skewed)):
            with self.subTest(name):
                packed = uefi_compression.compress(data)
                self.assertEqual(struct.unpack_from("<II", packed), (len(packed) - 8, len(data)))
                self.assertEqual(uefi_compression.decompress(packed), data)
        self.assertLess(len(uefi_compression.compress(text)), len(text) // 3)
        self.assertLess(len(uefi_compression.compress(bytes(100000))), 200)

    def test_no_code_is_too_long(self):
        """Counts like Fibonacci's numbers make the longest codes."""
        counts = [1, 1]
        while len(counts) < 30:
            counts.append(counts[-1] + counts[-2])
        lengths = uefi_compression.code_lengths(counts)
        self.assertLessEqual(max(lengths), 16)
        self.assertEqual(sum(1 << 16 - length for length in lengths), 1 << 16)

    def test_damage_is_found(self):
        """Codes that are not complete, and strings from before the beginning."""
        packed = bytearray(uefi_compression.compress(b"".join(bytes([i % 7, i % 11]) for i in range(2000))))
        found = 0
        for at in range(8, len(packed)):
            damaged = bytearray(packed)
            damaged[at] ^= 0x55
            try:
                found += uefi_compression.decompress(bytes(damaged)) != uefi_compression.decompress(bytes(packed))
            except (ValueError, IndexError, KeyError):
                found += 1
        self.assertGreater(found, (len(packed) - 8) * 9 // 10)


if __name__ == "__main__":
    unittest.main()
