# SPDX-License-Identifier: BSD-2-Clause-Patent
"""UEFI's compression (UEFI 2.10, chapter 19): strings of up to 256 bytes from the last 8 KiB, and Huffman codes that
change from block to block. Compresses and, to be sure of it, decompresses."""
import heapq
import struct

WINDOW, SHORTEST, LONGEST = 8192, 3, 256
CHARACTERS = 256 + LONGEST - SHORTEST + 1  # a byte, or the length of a string
POSITIONS, EXTRAS = 14, 19  # bits of a distance; lengths of codes, and three runs of zeros
CHARACTER_BITS, POSITION_BITS, EXTRA_BITS = 9, 4, 5  # of the fields that count them
LONGEST_CODE = 16
CHAIN = 96  # how many earlier places with the same three bytes are looked at
BLOCKS = (2048, 4096, 8192, 16384, 65535)  # sizes to try


class Writer:
    """Bits, the first one the highest of its byte."""

    def __init__(self):
        self.bits, self.held, self.out = 0, 0, bytearray()

    def put(self, value, count):
        self.bits = self.bits << count | value
        self.held += count
        while self.held >= 8:
            self.held -= 8
            self.out.append(self.bits >> self.held & 0xFF)
        self.bits &= (1 << self.held) - 1

    def finish(self):
        self.put(0, -self.held % 8)
        return bytes(self.out)


class Reader:
    """The same bits; behind the end there are zeros."""

    def __init__(self, data):
        self.bits = "".join(f"{byte:08b}" for byte in data) + "0" * 32
        self.at = 0

    def get(self, count):
        self.at += count
        return int(self.bits[self.at - count:self.at] or "0", 2)


def longest_match(data, at, places, least):
    """(length, distance) of the longest string that was there before, the nearest of its length."""
    best, distance = least, 0
    limit = min(LONGEST, len(data) - at)
    for place in reversed(places[-CHAIN:]):
        if at - place > WINDOW:
            break
        if best >= limit or data[place + best] != data[at + best] or data[place:place + best] != data[at:at + best]:
            continue
        size = best + 1
        while size < limit and data[place + size] == data[at + size]:
            size += 1
        best, distance = size, at - place
    return (best, distance) if distance else (0, 0)


def strings(data):
    """Bytes (n, 0) and strings (length, distance). A string waits for one byte if a longer one begins there."""
    seen, at = {}, 0
    found = []

    def note(place):
        seen.setdefault(data[place:place + SHORTEST], []).append(place)

    waiting = (0, 0)
    while at < len(data):
        size, distance = longest_match(data, at, seen.get(data[at:at + SHORTEST], ()), max(waiting[0], SHORTEST - 1))
        note(at)
        if waiting[0] and size <= waiting[0]:
            found.append(waiting)
            for place in range(at + 1, at - 1 + waiting[0]):
                note(place)
            at += waiting[0] - 1
            waiting = (0, 0)
            continue
        if waiting[0]:
            found.append((data[at - 1], 0))
        waiting = (size, distance)
        if not size:
            found.append((data[at], 0))
        at += 1
    if waiting[0]:
        found.append(waiting)
    return found


def code_lengths(counts):
    """Of a Huffman code, no code longer than the format has."""
    used = [symbol for symbol, count in enumerate(counts) if count]
    lengths = [0] * len(counts)
    if len(used) < 2:
        return lengths
    heap = [(counts[symbol], symbol, (symbol,)) for symbol in used]
    heapq.heapify(heap)
    while len(heap) > 1:
        first, second = heapq.heappop(heap), heapq.heappop(heap)
        for symbol in first[2] + second[2]:
            lengths[symbol] += 1
        heapq.heappush(heap, (first[0] + second[0], first[1], first[2] + second[2]))
    if max(lengths) > LONGEST_CODE:
        return code_lengths([count and count // 2 + 1 for count in counts])
    return lengths


def codes(lengths):
    """The codes of these lengths: short ones first, equal ones in the order of their symbols."""
    result, code = {}, 0
    for size in range(1, LONGEST_CODE + 1):
        for symbol in (s for s, length in enumerate(lengths) if length == size):
            result[symbol] = (code, size)
            code += 1
        code <<= 1
    return result


class Code:
    """The code of one alphabet in one block."""

    def __init__(self, symbols, alphabet):
        counts = [0] * alphabet
        for symbol in symbols:
            counts[symbol] += 1
        self.lengths = code_lengths(counts)
        self.only = next((s for s, count in enumerate(counts) if count), 0)
        self.codes = codes(self.lengths)
        self.number = max((s + 1 for s, length in enumerate(self.lengths) if length), default=0)

    def put(self, writer, symbol):
        if self.codes:
            writer.put(*self.codes[symbol])

    def put_lengths(self, writer, field, pause):
        """Each in three bits, or more for seven and above; a field of its own says how many zeros follow the first `pause`."""
        writer.put(self.number, field)
        if not self.number:
            writer.put(self.only, field)
        at = 0
        while at < self.number:
            length = self.lengths[at]
            if length < 7:
                writer.put(length, 3)
            else:
                writer.put((1 << length - 4) - 1 << 1, length - 3)
            at += 1
            if at == pause:
                zeros = 0
                while zeros < 3 and at + zeros < self.number and not self.lengths[at + zeros]:
                    zeros += 1
                writer.put(zeros, 2)
                at += zeros


def length_symbols(lengths):
    """(extra symbol, value, bits of the value): lengths of codes, runs of zeros put together."""
    at = 0
    while at < len(lengths):
        run = 0
        while at + run < len(lengths) and not lengths[at + run]:
            run += 1
        if not run:
            yield lengths[at] + 2, 0, 0
            at += 1
        elif run < 3 or run == 19:  # 19 is one too many for the short run
            yield 0, 0, 0
            at += 1
        elif run < 19:
            yield 1, run - 3, 4
            at += run
        else:
            run = min(run, 20 + 511)
            yield 2, run - 20, 9
            at += run


def put_block(writer, block):
    """One block: its three codes, and what they say."""
    characters = Code([size if not distance else size - SHORTEST + 256 for size, distance in block], CHARACTERS)
    positions = Code([(distance - 1).bit_length() for size, distance in block if distance], POSITIONS)
    lengths = list(length_symbols(characters.lengths[:characters.number]))
    extras = Code([symbol for symbol, _, _ in lengths], EXTRAS)
    writer.put(len(block), 16)
    extras.put_lengths(writer, EXTRA_BITS, 3)
    writer.put(characters.number, CHARACTER_BITS)
    if characters.number:
        for symbol, value, bits in lengths:
            extras.put(writer, symbol)
            writer.put(value, bits)
    else:
        writer.put(characters.only, CHARACTER_BITS)
    positions.put_lengths(writer, POSITION_BITS, 0)
    for size, distance in block:
        characters.put(writer, size if not distance else size - SHORTEST + 256)
        if distance:
            position = distance - 1
            bits = position.bit_length()
            positions.put(writer, bits)
            if bits > 1:
                writer.put(position - (1 << bits - 1), bits - 1)


def compress(data):
    """The compressed form, with its header."""
    found = strings(data)
    best = None
    for size in BLOCKS:
        writer = Writer()
        for at in range(0, len(found), size):
            put_block(writer, found[at:at + size])
        stream = writer.finish()
        if best is None or len(stream) < len(best):
            best = stream
    return struct.pack("<II", len(best), len(data)) + best


def get_lengths(reader, field, alphabet, pause):
    number = reader.get(field)
    if not number:
        return reader.get(field), None
    lengths = []
    while len(lengths) < number:
        length = reader.get(3)
        if length == 7:
            while reader.get(1):
                length += 1
        lengths.append(length)
        if len(lengths) == pause:
            lengths += [0] * reader.get(2)
    if number > alphabet or sum(1 << LONGEST_CODE - length for length in lengths if length) != 1 << LONGEST_CODE:
        raise ValueError("no complete code")
    return 0, {(size, code): symbol for symbol, (code, size) in codes(lengths).items()}


def get_symbol(reader, code):
    only, table = code
    if table is None:
        return only
    value = size = 0
    while size <= LONGEST_CODE:
        value, size = value << 1 | reader.get(1), size + 1
        if (size, value) in table:
            return table[size, value]
    raise ValueError("no such code")


def get_characters(reader, extras):
    number = reader.get(CHARACTER_BITS)
    if not number:
        return reader.get(CHARACTER_BITS), None
    lengths = []
    while len(lengths) < number:
        symbol = get_symbol(reader, extras)
        if symbol > 2:
            lengths.append(symbol - 2)
        else:
            lengths += [0] * (1 if symbol == 0 else reader.get(4) + 3 if symbol == 1 else reader.get(9) + 20)
    return 0, {(size, code): symbol for symbol, (code, size) in codes(lengths).items()}


def decompress(compressed):
    """What was compressed."""
    packed, size = struct.unpack_from("<II", compressed)
    reader = Reader(compressed[8:8 + packed])
    out, left = bytearray(), 0
    while len(out) < size:
        if not left:
            left = reader.get(16)
            extras = get_lengths(reader, EXTRA_BITS, EXTRAS, 3)
            characters = get_characters(reader, extras)
            positions = get_lengths(reader, POSITION_BITS, POSITIONS, 0)
        left -= 1
        character = get_symbol(reader, characters)
        if character < 256:
            out.append(character)
            continue
        bits = get_symbol(reader, positions)
        distance = 1 + (bits if bits < 2 else (1 << bits - 1) + reader.get(bits - 1))
        if distance > len(out):
            raise ValueError("a string from before the beginning")
        for _ in range(character - 256 + SHORTEST):
            out.append(out[-distance])
    return bytes(out)
