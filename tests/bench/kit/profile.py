# SPDX-License-Identifier: BSD-2-Clause-Patent
"""From the plugin's list of busy blocks to functions: where our image spends its instructions.

The image runs where the ROM happened to put it. Where that was shows by a vote: blocks that begin at a function's first
instruction all lie the same distance from the address the function was linked at.
"""
import bisect
import collections
import glob
import os
import subprocess

from labkit import packages

IMAGES = {"bios": "build/bios/*/image.elf", "uefi": "build/efi-x64/*.efi.map"}
BOOT_PROGRAM = range(0x7C00, 0x8000)  # fetch.nbp: its checksum is not part of the transfer


def read_symbols(image):
    """(address, name) of each function, in order, of an ELF file or of the map that lld-link wrote."""
    if image.endswith(".map"):
        return read_map(image)
    text = subprocess.run(["nm", "--defined-only", image], capture_output=True, text=True, check=True).stdout
    found = [line.split() for line in text.splitlines()]
    return sorted((int(address, 16), name) for address, kind, name in found if kind in "tT")


def read_map(path):
    """The same of a map; section 1 is the code."""
    with open(path, encoding="ascii") as file:
        found = [line.split() for line in file]
    return sorted((int(words[2], 16), words[1]) for words in found 
                  if len(words) == 4 and words[0].startswith("0001:") and words[3].endswith(".o"))


def read_blocks(path):
    """(address, instructions executed) of each busy block, and the instructions of all but the boot program's."""
    blocks = []
    with open(path, encoding="ascii") as file:
        total = int(next(file).split()[1])
        for line in file:
            _, address, instructions, runs = line.split()
            if int(address, 16) in BOOT_PROGRAM:
                total -= int(instructions) * int(runs)
            else:
                blocks.append((int(address, 16), int(instructions) * int(runs)))
    return blocks, total


def find_base(blocks, symbols):
    """(votes, distance): what most blocks agree on."""
    votes = collections.Counter(address - symbol for address, _ in blocks for symbol, _ in symbols)
    (base, count), = votes.most_common(1) or [(0, 0)]
    return count, base


def by_function(blocks, symbols, base):
    """Instructions per function, most first; what lies outside the image, the firmware for example, is one entry."""
    addresses = [address for address, _ in symbols]
    end = addresses[-1] + 0x10000
    sums = collections.Counter()
    for address, executed in blocks:
        at = bisect.bisect_right(addresses, address - base) - 1
        inside = at >= 0 and address - base < end
        sums[symbols[at][1] if inside else "(elsewhere)"] += executed
    return sums.most_common()


def annotate(path, firmware, bytes_of_file):
    """Puts the functions in front of the plugin's list, with instructions per byte of the file transferred.

    Which of the images was built into the ROM, the votes say too.
    """
    blocks, total = read_blocks(path)
    images = [read_symbols(image) for image in glob.glob(os.path.join(packages.REPOSITORY, IMAGES[firmware]))]
    found = max(((*find_base(blocks, symbols), symbols) for symbols in images), default=None)
    if not found or found[0] < 3:
        return
    _, base, symbols = found
    lines = [f"# image at {base:08x}; {total} instructions, {total / bytes_of_file:.2f} per byte of file\n"]
    for name, executed in by_function(blocks, symbols, base):
        lines.append(f"{100 * executed / total:6.2f}% {executed / bytes_of_file:8.3f} per byte  {name}\n")
    with open(path, "r+", encoding="ascii") as file:
        blocks_text = file.read()
        file.seek(0)
        file.writelines([*lines, "\n", blocks_text])
