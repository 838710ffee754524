# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Files out of UEFI firmware images: Debian has no package of the EDK2 Shell, but each OVMF image contains one.

Formats: UEFI Platform Initialization Specification, volume 3, chapters 2 and 3.
"""
import lzma
import struct
import uuid

SHELL = uuid.UUID("7c04a583-9e3e-4f1c-ad65-e05268d0b4d1")
LZMA = uuid.UUID("ee4e5898-3914-4259-9d6e-dc7bd79403cf")
VOLUME_SIGNATURE = b"_FVH"
SECTION_GUID_DEFINED, SECTION_PE32, SECTION_VOLUME = 0x02, 0x10, 0x17


def _files(volume):
    """(name, sections) of each file of a firmware volume."""
    total = struct.unpack_from("<Q", volume, 32)[0]
    header, _, extended = struct.unpack_from("<HHH", volume, 48)
    at = extended + struct.unpack_from("<I", volume, extended + 16)[0] if extended else header
    at = (at + 7) & ~7
    while at + 24 <= total and volume[at:at + 16] != b"\xff" * 16:
        size, start = int.from_bytes(volume[at + 20:at + 23], "little"), 24
        if volume[at + 19] & 1:  # a large file
            size, start = struct.unpack_from("<Q", volume, at + 24)[0], 32
        yield uuid.UUID(bytes_le=volume[at:at + 16]), volume[at + start:at + size]
        at = (at + size + 7) & ~7


def _sections(data):
    """(kind, section, where its content starts) of each section."""
    at = 0
    while at + 4 <= len(data):
        size, start = int.from_bytes(data[at:at + 3], "little"), 4
        if size == 0xFFFFFF:
            size, start = struct.unpack_from("<I", data, at + 4)[0], 8
        if size < start:
            return
        yield data[at + 3], data[at:at + size], start
        at = (at + size + 3) & ~3


def _find(data, name, wanted):
    """The PE image among the sections of file `name`, or of the wanted file in a volume inside."""
    for kind, section, start in _sections(data):
        found = None
        if kind == SECTION_PE32 and name == wanted:
            return section[start:]
        if kind == SECTION_VOLUME:
            found = _find_in_volume(section[start:], wanted)
        elif kind == SECTION_GUID_DEFINED:
            body = section[struct.unpack_from("<H", section, start + 16)[0]:]
            if section[start:start + 16] == LZMA.bytes_le:
                body = lzma.decompress(body, lzma.FORMAT_ALONE)
            found = _find(body, name, wanted)
        if found:
            return found
    return None


def _find_in_volume(volume, wanted):
    for name, data in _files(volume):
        found = _find(data, name, wanted)
        if found:
            return found
    return None


def image(path, wanted=SHELL):
    """The PE image of a file in the first volume of a firmware image that holds it."""
    with open(path, "rb") as file:
        data = file.read()
    at = data.find(VOLUME_SIGNATURE)
    found = _find_in_volume(data[at - 40:], wanted) if at >= 40 else None
    if not found:
        raise ValueError(f"{path} holds no {wanted}")
    return found
