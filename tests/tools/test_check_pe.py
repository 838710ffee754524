# SPDX-License-Identifier: BSD-2-Clause-Patent
"""tools/check_pe finds nothing in a right image, and each thing that can be wrong."""
import struct
import unittest

import pe_file
import script

check_pe = script.load("check_pe")


class CheckPe(unittest.TestCase):
    """One image per test, changed in one thing."""

    def problems(self, image, machine="x64", subsystem="application", max_kib=None):
        """In words."""
        return check_pe.problems(bytes(image), machine, subsystem, max_kib)

    def refused(self, image, words, **how):
        """Exactly one problem, which says `words`."""
        found = self.problems(image, **how)
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def test_right_images(self):
        """Of both machines and subsystems."""
        for machine, name in ((pe_file.X64, "x64"), (pe_file.IA32, "ia32")):
            for subsystem, what in ((10, "application"), (11, "driver")):
                self.assertEqual(self.problems(pe_file.PeFile(machine, subsystem), name, what, 4), [])

    def test_every_cut(self):
        """A file that ends anywhere before its last section's data does."""
        image = bytes(pe_file.PeFile())
        for size in range(0, len(image), 7):
            self.assertTrue(check_pe.problems(image[:size], "x64", "application"), size)

    def test_header_fields(self):
        """Each field of the headers that is looked at."""
        for field, value, words in (
                ("machine", 0xAA64, "not x64"), ("machine", pe_file.IA32, "not x64"), ("magic", 0x107, "neither"),
                ("signature", b"NE\0\0", "not a PE"), ("optional_extra", 8, "do not fill"),
                ("subsystem", 11, "subsystem 11"), ("subsystem", 12, "subsystem 12"),
                ("characteristics", 0x0020, "not marked as an exec"), ("characteristics", 0x0023, "stripped"),
                ("section_alignment", 512, "section alignment 512"), ("file_alignment", 32, "file alignment 32"),
                ("dll", 0x0060, "NX_COMPAT"), ("dll", 0x0120, "DYNAMIC_BASE"),
                ("timestamp", 1, "time stamp"), ("symbols", 0x400, "symbols"), ("debug", (0x2000, 28), "debug"),
                ("entry", 0x2000, "entry point"), ("entry", 0x9000, "entry point"), ("entry", 0x200, "entry point"),
                ("image_extra", 4096, "size of image"), ("image_extra", -4096, "size of image")):
            image = pe_file.PeFile()
            setattr(image, field, value)
            with self.subTest(field=field, value=value):
                self.refused(image, words)

    def test_sections_lie_apart(self):
        """Not on each other, not on the headers, on whole pages."""
        for name, address, words in ((".sbat", 0x2100, "does not start on a page"), (".sbat", 0x2000, "overlaps"),
                                     (".text", 0, "overlaps")):
            image = pe_file.PeFile()
            image.sections[name][0] = address
            with self.subTest(name=name, address=address):
                self.assertTrue(any(words in problem for problem in self.problems(image)), self.problems(image))

    def test_headers_are_as_long_as_they_say(self):
        """The section table reaches behind SizeOfHeaders."""
        image = pe_file.PeFile()
        image.headers_less = 0x300
        self.refused(image, "headers of")

    def test_access(self):
        """Nothing may be written and executed, and everything may be read."""
        for name, flags, words in ((".text", 0xE0000020, ".text is writable and exec"),
                                   (".data", 0xE0000040, ".data is writable and exec"),
                                   (".data", 0x80000040, "not readable")):
            image = pe_file.PeFile()
            image.sections[name][2] = flags
            with self.subTest(name=name, flags=flags):
                self.refused(image, words)

    def test_relocations(self):
        """There are some, where the directory says, in whole blocks."""
        image = pe_file.PeFile()
        del image.sections[".reloc"]
        self.refused(image, "no .reloc")
        for directory in ((0, 0), (0x4000, 0), (0x3000, 12), (0x4000, 13)):
            image = pe_file.PeFile()
            image.relocation = directory
            self.refused(image, "no .reloc")
        for block in (struct.pack("<IIHH", 0x2000, 16, 0, 0), struct.pack("<IIHH", 0x2001, 12, 0, 0),
                      struct.pack("<IIHH", 0x9000, 12, 0, 0), struct.pack("<IIHH", 0x2000, 0, 0, 0),
                      struct.pack("<IIHHHH", 0x2000, 12, 0, 0, 0, 0)):
            image = pe_file.PeFile()
            image.sections[".reloc"][1] = block
            with self.subTest(block=block):
                self.assertEqual(len(self.problems(image)), 1)

    def test_sbat(self):
        """The first line is the standard's, one of the others is ours."""
        first = pe_file.SBAT.splitlines(True)[0]
        for text, words in ((b"\0", "lines of ASCII"), (pe_file.SBAT[:-1], "lines of ASCII"),
                            (first + b"puck,1,Puck,puck,1,\xc3\xa9\n", "lines of ASCII"),
                            (b"puck,1,Puck,puck,1,x\n", "starts with"),
                            (first, "does not name puck"), (first + b"puck,0,Puck,puck,1,x\n", "does not name puck"),
                            (first + b"puck,1,Puck,puck,1\n", "six fields"), (first + b"puck,one,Puck,puck,1,x\n", "six fields"),
                            (first + b"puck,1,Puck,puck,1,\n", "six fields")):
            image = pe_file.PeFile()
            image.sections[".sbat"][1] = text
            with self.subTest(text=text):
                self.refused(image, words)
        image = pe_file.PeFile()
        image.sections[".sbat"][2] = pe_file.RW
        self.refused(image, "read-only")
        del image.sections[".sbat"]
        self.refused(image, "no .sbat")

    def test_size(self):
        """The limit counts the bytes of the file."""
        image = pe_file.PeFile()
        image.tail = bytes(8192)
        self.assertEqual(self.problems(image), [])
        self.refused(image, "more than 8 KiB", max_kib=8)


if __name__ == "__main__":
    unittest.main()
