# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Files that atftpd sends by multicast, by PXE's MTFTP and by RFC 2090, to one machine and to two at once.

The bridge is an IGMP querier and forwards a group only to where a report came from, so nothing here works without our reports.
MTFTP has blocks of 512 bytes and 65535 numbers for them (atftpd 0.8.0 refuses files above that), so what is sent that way is
the longest file there can be, 33.5 MB; by RFC 2090, with larger blocks, it is 40 MB. Every machine says the CRC-32 of what it got.
"""
import functools
import os
import zlib

from cases import Case
from cases_pxe import pxe_conf
from lab_itself import REPOSITORY
from labkit import multicast

GROUP, CLIENT_PORT, SERVER_PORT = "239.255.77.1", 1759, 1758
MIB = 1 << 20
MTFTP_SIZE = 65535 * 512 - 5
RFC2090_SIZE = 40 * MIB - 5
READ_FILE, RESTART_TFTP = 0x23, 0x73

RELAY = "{repository}/build/out/host/relay --seed 7"
UEFI = {
    "rom-e1000": ("--nic", "e1000", "--firmware", "uefi", "--no-stock-pxe"),
    "app-virtio": ("--nic", "virtio", "--start", "disk", "--firmware", "uefi", "--no-stock-pxe"),
}
TWO = ("--second",)
CONTROL, NO_DISCOVERY = 6, 8

@functools.cache
def data(size):
    """The file of that size."""
    return multicast.pattern(size)[:size]


def program(size=4096, **wishes):
    """A BIOS boot program (tests/boot/nbp/multicast.S)."""
    def write(path):
        with open(path, "wb") as file:
            file.write(multicast.patch_program(f"{REPOSITORY}/build/out/nbp/multicast.0", size, **wishes))
    return write


def group_wish(opcode, name="group.bin", open_s=2, reopen_s=2):
    """What the program asks for."""
    return {"opcode": opcode, "group": GROUP, "client_port": CLIENT_PORT, "server_port": SERVER_PORT, "open_s": open_s,
            "reopen_s": reopen_s, "name": name}


def carrier_image(size):
    """A UEFI boot file of about that size (tests/boot/efi/carrier.c); nothing until it is built."""
    path = f"{REPOSITORY}/build/out/test/carrier-x64.efi"
    return multicast.add_load(path, data(size)) if os.path.exists(path) else b""


def carrier(size):
    """The same, as a case's file."""
    def write(path):
        with open(path, "wb") as file:
            file.write(carrier_image(size))
    return write


def lab(*arguments, boot_file="program.0", capture=80):
    """One lab with atftpd; only the heads of packets are kept, there are many."""
    return ("--servers", "isc+atftpd", "--snooping", "--no-web", "--capture", str(capture), "--pcap-bytes", "80", "--memory",
            "1024", "--dhcp-filename", boot_file, *arguments)


def mtftp(*arguments, name="group.bin", **more):
    """atftpd that sends one file by MTFTP."""
    return (lab("--tftp-arg=--no-multicast", "--tftp-arg=--mtftp={dir}/mtftp.conf", f"--tftp-arg=--mtftp-port={SERVER_PORT}",
                *arguments, **more), {"mtftp.conf": f"{name} {GROUP} {CLIENT_PORT}\n"})


def tags(boot_file, intel_order=False):
    """A dhcpd whose option 43 says where the boot file is sent: tags 1 to 5. Ports are in either byte order in the field."""
    order = "little" if intel_order else "big"
    return pxe_conf((1, bytes(map(int, GROUP.split(".")))), (2, CLIENT_PORT.to_bytes(2, order)),
                    (3, SERVER_PORT.to_bytes(2, order)), (4, b"\2"), (5, b"\2"), (CONTROL, bytes((NO_DISCOVERY,))),
                    filename=boot_file, address="range 192.168.111.100 192.168.111.101;")


def sent_once(size, name, repairs=0.1):
    """'' when two machines shared the file: it went to the group, whole, each block once, but for what the second had missed
    when it joined, and for repairs (a part of the file's size); and hardly any of it by unicast."""
    def verify(folder):
        path = f"{folder}/bridge.pcap"
        stream = multicast.Stream(path, name)
        if stream.unique_bytes != size:
            return f"{stream.unique_bytes} bytes of {size} to the group: {stream}"
        joined = multicast.joins(path, stream.groups)
        if len(joined) != 2:
            return f"{len(joined)} machines reported {stream.groups}"
        missed = stream.missed_by(joined[1])
        if missed > 0.95:
            return f"the second machine joined after {missed:.0%} of the file: this shows nothing"
        if stream.bytes > size * (1 + missed + repairs):
            return f"{stream.bytes / size:.3f} times the file's size, the second machine had missed {missed:.3f}: {stream}"
        if stream.unicast_bytes > size // 100 + 4096:
            return f"{stream.unicast_bytes} bytes by unicast: {stream}"
        return ""
    return verify


def joined_late(verify):
    """As `verify`, if the second machine joined while the file was being sent, and not at its start."""
    def verify_join(folder):
        path = f"{folder}/bridge.pcap"
        name = "group.bin" if "mtftp" in folder else "bench.bin"
        stream = multicast.Stream(path, name)
        joined = multicast.joins(path, stream.groups)
        if len(joined) < 2 or not 0.1 < stream.missed_by(joined[1]) < 0.95:
            return f"machines joined at {joined}: {stream}"
        return verify(folder)
    return verify_join


def by_mtftp():
    """READ_FILE, the base code's own download, RESTART_TFTP, and EFI's Mtftp()."""
    size = MTFTP_SIZE
    got = ("--expect", multicast.says(data(size), "file status=0000 "))
    arguments, files = mtftp("--nic", "virtio", *TWO, *got)
    yield Case("mtftp-read-file", arguments, {**files, "program.0": program(**group_wish(READ_FILE)), "group.bin": data(size)},
               verify=sent_once(size, "group.bin"))
    # The base code's own download: tags 1 to 5 and a boot file as large as the BIOS has room for.
    for nic, intel_order in (("virtio", False), ("e1000e", True)):
        boot_size = 500 * 1024 + 3
        whole = ("--expect", f"re:(?i)PUCK-LAB: boot program size={boot_size:08x} crc={program_crc(boot_size):08x}")
        arguments, files = mtftp("--nic", nic, *TWO, "--dhcp-conf", "{dir}/dhcpd.conf", *whole, name="program.0")
        yield Case(f"mtftp-boot-file-{nic}", arguments, {**files, "dhcpd.conf": tags("program.0", intel_order),
                                                         "program.0": program(boot_size)}, verify=sent_once(boot_size, "program.0"))
    boot_size = 300 * 1024
    arguments, files = mtftp("--nic", "virtio", *TWO, "--expect",
                             f"re:(?i)PUCK-LAB: boot program size={boot_size:08x} crc={program_crc(boot_size):08x}", name="next.0")
    yield Case("mtftp-restart", arguments, {**files, "program.0": program(**group_wish(RESTART_TFTP, "next.0")),
                                            "next.0": program(boot_size)}, verify=sent_once(boot_size, "next.0"))
    for how, machine in UEFI.items():
        arguments, files = mtftp(*machine, *TWO, "--expect", efi_says(data(size), "file status=0 "), "--expect",
                                 "re:PUCK-TEST: multicast: [1-9][0-9]* passed, 0 failed", "--file",
                                 "{repository}/build/out/test/multicast-x64.efi:multicast.efi", boot_file="multicast.efi")
        yield Case(f"mtftp-efi-call-{how}", arguments, {**files, "group.bin": data(size)}, verify=sent_once(size, "group.bin"),
                   seconds=180)
        arguments, files = mtftp(*machine, *TWO, "--dhcp-conf", "{dir}/dhcpd.conf", "--expect",
                                 efi_says(data(32 * MIB - 65536), "boot program "), name="carrier.efi")
        yield Case(f"mtftp-boot-file-{how}", arguments, {
            **files, "dhcpd.conf": tags("carrier.efi"), "carrier.efi": carrier(32 * MIB - 65536)},
            verify=sent_once(len(carrier_image(32 * MIB - 65536)), "carrier.efi"), seconds=180)


def efi_says(content, what):
    """As multicast.says(), of our EFI programs, which print no leading zeros."""
    return f"re:PUCK-LAB: {what}size={len(content):x} crc={zlib.crc32(content):x}"


def program_crc(size, **wishes):
    """CRC-32 of a BIOS boot program as served; 0 until it is built, when no case can pass anyway."""
    path = f"{REPOSITORY}/build/out/nbp/multicast.0"
    return zlib.crc32(multicast.patch_program(path, size, **wishes)) if os.path.exists(path) else 0


def rfc2090(*arguments, rate, **more):
    """atftpd with its multicast option. The cables carry `rate` Mbit/s: else the first machine has all before the second asks."""
    relay = f"{RELAY} --rate-down {rate}000000 --queue-down 1000"
    two = ("--relay", relay, "--second-relay", relay) if "--second-relay" not in arguments else ("--relay", relay)
    return lab("--tftp-arg=--mcast-addr=239.255.77.2-20", f"--tftp-arg=--mcast-port={CLIENT_PORT}", *two, *TWO, *arguments, **more)


FETCH = ("--file", "{repository}/build/out/bench/fetch.nbp:fetch.nbp")


def fetched(content):
    """What the boot program of the benchmarks says of bench.bin."""
    return ("--expect", f"re:(?i)FETCH status=0000 size={len(content):08x} crc={zlib.crc32(content):08x}")


def by_rfc2090():
    """atftpd's multicast option, for whoever asks by plain TFTP."""
    content = data(RFC2090_SIZE)
    for nic in ("virtio", "e1000e"):
        yield Case(f"rfc2090-read-file-{nic}", rfc2090("--nic", nic, *FETCH, *fetched(content), boot_file="fetch.nbp", rate=40),
                   {"bench.bin": content}, verify=sent_once(RFC2090_SIZE, "bench.bin"))
    for how, machine in UEFI.items():
        yield Case(f"rfc2090-boot-file-{how}", rfc2090(
            *machine, "--expect", efi_says(content, "boot program "), boot_file="carrier.efi", rate=25),
            {"carrier.efi": carrier(RFC2090_SIZE)}, verify=sent_once(len(carrier_image(RFC2090_SIZE)), "carrier.efi"), seconds=180)


def trouble():
    """A machine that joins in the middle, one that loses every tenth packet, a server that dies: all end with the right file.

    One in ten lost costs a second session with a tenth of the file, and a third with a hundredth.
    """
    loses = ("--second-relay", f"{RELAY} --loss-down 0.1")
    late = ("--second-after", str(MIB))
    for name, size, arguments, repairs in (("joins-late", MTFTP_SIZE, late, 0.1), ("loses-a-tenth", 4 * MIB - 5, loses, 0.4),
                                           ("server-dies", 16 * MIB - 5, ("--crash", f"atftpd:{8 * MIB}:3"), None)):
        content, verify = data(size), sent_once(size, "group.bin", repairs) if repairs else None
        arguments, files = mtftp("--nic", "virtio", *TWO, *arguments, "--expect", multicast.says(content, "file status=0000 "))
        yield Case(f"mtftp-{name}", arguments, {**files, "program.0": program(**group_wish(READ_FILE)), "group.bin": content},
                   verify=joined_late(verify) if name == "joins-late" else verify)
    for name, size, arguments, repairs in (("joins-late", RFC2090_SIZE, late, 0.1), ("loses-a-tenth", 8 * MIB - 5, (*loses[:1], f"{loses[1]} --rate-down 40000000"), 0.4),
                                           ("server-dies", RFC2090_SIZE, ("--crash", f"atftpd:{20 * MIB}:3"), None)):
        content, verify = data(size), sent_once(size, "bench.bin", repairs) if repairs else None
        yield Case(f"rfc2090-{name}", rfc2090("--nic", "virtio", *FETCH, *arguments, *fetched(content), boot_file="fetch.nbp",
                                              rate=40), {"bench.bin": content},
                   verify=joined_late(verify) if name == "joins-late" else verify)
    # A group that never speaks: the file comes by unicast all the same.
    boot_size = 100 * 1024
    yield Case("mtftp-mute-group", lab(
        "--nic", "virtio", "--tftp-arg=--no-multicast", "--dhcp-conf", "{dir}/dhcpd.conf", "--expect",
        f"re:(?i)PUCK-LAB: boot program size={boot_size:08x} crc={program_crc(boot_size):08x}"),
        {"dhcpd.conf": tags("program.0"), "program.0": program(boot_size)})


def all_cases():
    """Every case."""
    # shows: PXE-2.6-a, PXE-2.6-b, PXE-2.6-c by mtftp-boot-file-*
    # shows: PXE-3.3-g by mtftp-read-file
    # shows: PXE-2.6-e by mtftp-joins-late
    # shows: PXE-2.6-i by mtftp-server-dies
    # shows: RFC2090-2-a, RFC2090-2-h by rfc2090-boot-file-*
    # shows: RFC2090-2-e, RFC2090-2-g by rfc2090-joins-late
    for group in (by_mtftp, by_rfc2090, trouble):
        yield from group()
