# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Enrols a certificate in a copy of OVMF's variables: Debian 12 has no program that does.

The layout is that of EDK2's authenticated variable store, as found in OVMF_VARS_4M.ms.fd; signature lists are those of
the UEFI specification, section 32.4.1.
"""
import struct
import uuid

STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792").bytes_le
CERT_X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072").bytes_le
IMAGE_SECURITY_DATABASE = uuid.UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f").bytes_le
OWNER = uuid.UUID("6f2a5a7c-5d53-4e39-9c0e-0d1f0a1cfb8e").bytes_le  # who enrolled it: this lab

STORE_HEADER = struct.Struct("<16sIBBHI")
VARIABLE_HEADER = struct.Struct("<HBBIQ16sIII16s")
START, ADDED, DELETED = 0x55AA, 0x3F, 0x3D  # flash bits are only ever cleared, so "deleted" is "added" less one bit


def _variables(data, at, end):
    """(offset, header fields, name, content) of each variable, and where the next would be."""
    while at + VARIABLE_HEADER.size <= end:
        fields = VARIABLE_HEADER.unpack_from(data, at)
        if fields[0] != START:
            break
        name_at = at + VARIABLE_HEADER.size
        content_at = name_at + fields[7]
        yield at, fields, data[name_at:content_at].decode("utf-16le").rstrip("\0"), \
            bytes(data[content_at:content_at + fields[8]])
        at = (content_at + fields[8] + 3) & ~3
    yield at, None, None, None


def signature_list(certificate):
    """EFI_SIGNATURE_LIST with one X.509 certificate (DER)."""
    entry = OWNER + certificate
    return CERT_X509 + struct.pack("<III", 28 + len(entry), 0, len(entry)) + entry


def _database(data):
    """(offset, header fields, content) of `db`, where the store's free space begins, and where it ends."""
    store = data.find(STORE)
    if store < 0:
        raise ValueError("no authenticated variable store")
    end = store + STORE_HEADER.unpack_from(data, store)[1]
    found = None
    for at, fields, name, content in _variables(data, store + STORE_HEADER.size, end):
        if fields and name == "db" and fields[9] == IMAGE_SECURITY_DATABASE and fields[1] == ADDED:
            found = at, fields, content
    if not found:
        raise ValueError("no db: these variables have Secure Boot off")
    return found, at, end


def database(variables):
    """The signature lists of those who may sign images."""
    return _database(variables)[0][2]


def enrol(variables, certificate):
    """The variable store with the certificate (DER) added to those that may sign images (`db`)."""
    data = bytearray(variables)
    (start, fields, content), free, end = _database(data)
    data[start + 2] = DELETED
    content += signature_list(certificate)
    name = "db\0".encode("utf-16le")
    header = VARIABLE_HEADER.pack(START, ADDED, 0, *fields[3:7], len(name), len(content), IMAGE_SECURITY_DATABASE)
    added = header + name + content
    if free + len(added) > end:
        raise ValueError("no room for the certificate")
    data[free:free + len(added)] = added
    return bytes(data)
