# SPDX-License-Identifier: BSD-2-Clause-Patent
"""From the plugin's list of busy blocks to functions: where our image spends its instructions.

The image runs where the ROM happened to put it. Where that was shows by a vote: blocks that begin at a function's first
instruction all lie the same distance from the address the function was linked at.
"""
import bisect
import collections
import os
import subprocess

from labkit import packages

IMAGE = os.path.join(packages.REPOSITORY, "build/bios/image.elf")


def read_symbols(image):
    """(address, name) of each function, in order."""
    text = subprocess.run(["nm", "--defined-only", image], capture_output=True, text=True, check=True).stdout
    found = [line.split() for line in text.splitlines()]
    return sorted((int(address, 16), name) for address, kind, name in found if kind in "tT")


def read_blocks(path):
    """(address, instructions executed) of each busy block, and the instructions of all blocks together."""
    blocks = []
    with open(path, encoding="ascii") as file:
        total = int(next(file).split()[1])
        for line in file:
            _, address, instructions, runs = line.split()
            blocks.append((int(address, 16), int(instructions) * int(runs)))
    return blocks, total


def find_base(blocks, symbols):
    """The distance most blocks agree on, or None without three that do."""
    votes = collections.Counter(address - symbol for address, _ in blocks for symbol, _ in symbols)
    (base, count), = votes.most_common(1) or [(0, 0)]
    return base if count >= 3 else None


def by_function(blocks, symbols, base):
    """Instructions per function, most first; what lies outside the image is one entry."""
    addresses = [address for address, _ in symbols]
    end = addresses[-1] + 0x10000
    sums = collections.Counter()
    for address, executed in blocks:
        at = bisect.bisect_right(addresses, address - base) - 1
        inside = at >= 0 and address - base < end
        sums[symbols[at][1] if inside else "(elsewhere: BIOS, real mode, boot program)"] += executed
    return sums.most_common()


def annotate(path, bytes_of_file, image=IMAGE):
    """Puts the functions in front of the plugin's list, with instructions per byte of the file transferred."""
    if not os.path.exists(path) or not os.path.exists(image):
        return
    symbols = read_symbols(image)
    blocks, total = read_blocks(path)
    base = find_base(blocks, symbols)
    if base is None:
        return
    lines = [f"# image at {base:08x}; {total} instructions, {total / bytes_of_file:.2f} per byte of file\n"]
    for name, executed in by_function(blocks, symbols, base):
        lines.append(f"{100 * executed / total:6.2f}% {executed / bytes_of_file:8.3f} per byte  {name}\n")
    with open(path, "r+", encoding="ascii") as file:
        blocks_text = file.read()
        file.seek(0)
        file.writelines([*lines, "\n", blocks_text])
