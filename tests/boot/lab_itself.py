# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Checks of the lab: that it fails when it should, reads captures right, and leaves nothing behind however it ends."""
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAB = os.path.join(REPOSITORY, "tools/lab")
sys.path.insert(0, os.path.join(REPOSITORY, "tools"))
from labkit import efi_variables, initramfs, machine, multicast, packages, pcap, terminal, wire  # noqa: E402


def _users_of(folder):
    """Processes with the folder in their command line, this one left out."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                line = file.read()
        except OSError:
            continue
        if os.fsencode(folder) in line and int(pid) != os.getpid():
            found.append(line.replace(b"\0", b" ").decode(errors="replace")[:120])
    return found


def _interrupted(folder, number):
    """'' when nothing of a lab is left 12 s after a signal ended it in the middle of a boot."""
    child = subprocess.Popen([LAB, "--rom", "none", "--out", folder, "--expect", "never shown"], text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    line = child.stdout.readline()
    if "output in" not in line:
        return f"lab did not start: {line}{child.stdout.read()}"
    if not _users_of(folder):
        return "the check does not see the running machine"
    child.send_signal(number)
    status = child.wait(15)
    deadline = time.monotonic() + 12
    while _users_of(folder):
        if time.monotonic() > deadline:
            return f"left behind after {signal.Signals(number).name}: {_users_of(folder)}"
        time.sleep(0.2)
    if status == 0:
        return "an interrupted lab reports success"
    with open("/proc/self/mounts", encoding="utf-8") as file:
        if folder in file.read():
            return "a mount is left behind"
    return ""


def interrupted_int(folder):
    """Ctrl-C."""
    return _interrupted(folder, signal.SIGINT)


def interrupted_term(folder):
    """A polite end."""
    return _interrupted(folder, signal.SIGTERM)


def interrupted_kill(folder):
    """The end nobody can prepare for."""
    return _interrupted(folder, signal.SIGKILL)


def fails(folder):
    """'' when the lab fails for a text that does not come, one that must not come, and a file nobody fetched."""
    rows = ((("--expect", "never shown", "--seconds", "8"), "not within 8 s"),
            (("--expect-not", machine.NEXT_DEVICE_TEXT, "--expect", "never shown"), "unwanted text"),
            (("--expect", machine.NEXT_DEVICE_TEXT, "--expect-file", "pxelinux.0"), "was not asked for"),
            (("--expect", machine.NEXT_DEVICE_TEXT, "--crash", "in.tftpd:999999999:1"), "there was no crash"),
            (("--expect", machine.NEXT_DEVICE_TEXT, "--second", "--second-after", "999999999"), "second machine: not started"),
            (("--expect", machine.NEXT_DEVICE_TEXT, "--expect", "SeaBIOS", "--expect-serial", "SeaBIOS", "--seconds",
              "8"), "not within 8 s"))
    for arguments, wanted in rows:
        done = subprocess.run([LAB, "--rom", "none", "--out", folder, "--quiet", "--seconds", "30", *arguments],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 1 or wanted not in done.stdout:
            return f"{' '.join(arguments)}: status {done.returncode}, {done.stdout}{done.stderr}"
    return ""


def _frame(source_port, destination_port, payload, client_sends):
    addresses = (b"\xc0\xa8\x6f\x64", b"\xc0\xa8\x6f\x82")
    source, destination = addresses if client_sends else addresses[::-1]
    udp = struct.pack(">HHHH", source_port, destination_port, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + source + destination
    return bytes(12) + b"\x08\x00" + ip + udp


def _capture(frames):
    data = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    return data + b"".join(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame for frame in frames)


def _transfer(blocks, last):
    """Frames of a file of so many blocks of 8 bytes, the last of `last` bytes."""
    yield _frame(2000, 69, b"\0\1a.bin\0octet\0blksize\0008\0", True)
    yield _frame(3000, 2000, b"\0\6blksize\0008\0", False)
    for number in range(1, blocks + 1):
        size = last if number == blocks else 8
        yield _frame(3000, 2000, struct.pack(">HH", 3, number & 0xFFFF) + bytes(size), False)


def captures(_folder):
    """'' when captures are read right."""
    rows = ((_transfer(3, 2), "a.bin:size=18:blksize=8:minblocks=3", ""),
            (_transfer(3, 8), "a.bin", "no complete transfer"),
            (_transfer(3, 0), "a.bin:size=16", ""),
            (_transfer(70000, 1), "a.bin:minblocks=65537:size=559993", ""),
            (_transfer(3, 2), "a.bin:blksize=512", "no complete transfer"),
            (_transfer(3, 2), "b.bin", "was not asked for"))
    for frames, text, wanted in rows:
        with tempfile.NamedTemporaryFile() as file:
            file.write(_capture(frames))
            file.flush()
            got = pcap.check(pcap.transfers(file.name), text)
        if (wanted not in got) or (got and not wanted):
            return f"{text}: got '{got}', wanted '{wanted}'"
    return ""


def keys_and_archives(_folder):
    """'' when typed text becomes the right keys and an archive reads as it was written."""
    if machine.parse_keys('"a:B\\n"') != [["a"], ["shift", "semicolon"], ["shift", "b"], ["ret"]]:
        return f"keys: {machine.parse_keys(chr(34) + 'a:B' + chr(92) + 'n' + chr(34))}"
    if machine.parse_keys("f1,ctrl-b") != [["f1"], ["ctrl", "b"]]:
        return "key names"
    entries = [("a", 0o100644, b"12345"), ("dir", 0o40755, b""), ("dir/b", 0o100755, b"")]
    if list(initramfs.read_cpio(initramfs.write_cpio(entries))) != entries:
        return "cpio"
    return ""


def _dhcp(kind, number, port=67):
    return _frame(68, port, b"\1\1\6\0" + bytes([number] * 4) + bytes(228) + b"\x63\x82\x53\x63\x35\1" +
                  bytes([kind, 255]), True)


def dhcp_counts(_folder):
    """'' when DHCP messages are counted right: repetitions once, other servers' apart, and only up to a file."""
    frames = [_dhcp(1, 7), _dhcp(1, 7), _dhcp(3, 7), _dhcp(3, 7, 4011), *_transfer(1, 2), _dhcp(1, 8)]
    rows = (("discover=2:request=2", ""), ("discover=1:request=2:before=/a.bin", ""), ("discover=1", "2 DHCP discover"),
            ("request=1:before=a.bin", "2 DHCP request"), ("inform=0", ""))
    with tempfile.NamedTemporaryFile() as file:
        file.write(_capture(frames))
        file.flush()
        for text, wanted in rows:
            got = pcap.check_dhcp(file.name, text)
            if (wanted not in got) or (got and not wanted):
                return f"{text}: got '{got}', wanted '{wanted}'"
    return ""


def _to_group(frame):
    return frame[:30] + bytes((239, 1, 1, 1)) + frame[34:]


def multicast_counts(_folder):
    """'' when a file's packets to a group are told from another file's, and repetitions and late machines are counted."""
    def data(port, number, size):
        return _frame(port, 1759, struct.pack(">HH", 3, number) + bytes(size), False)

    frames = [_frame(2000, 1758, b"\0\1a.bin\0octet\0", True), _frame(3000, 2000, b"\0\3\0\1" + bytes(8), False),
              *(_to_group(data(3000, number, 8)) for number in (1, 2, 2, 3)),
              _frame(2001, 69, b"\0\1/b.bin\0octet\0", True), _frame(3001, 2001, b"\0\6a\0", False),
              _to_group(data(3001, 9, 8)), _to_group(data(3000, 4, 5))]
    with tempfile.NamedTemporaryFile() as file:
        file.write(_capture(frames))
        file.flush()
        a, b = multicast.Stream(file.name, "a.bin"), multicast.Stream(file.name, "b.bin")
    if (a.blocks, a.repeats, a.bytes, a.unique_bytes, a.unicast, b.blocks) != (4, 1, 37, 29, 1, 1):
        return f"a: {a}, {a.bytes} bytes; b: {b}"
    if (a.missed_by(0), a.missed_by(1)) != (0, 1) or a.groups != {"239.1.1.1"}:
        return f"missed {a.missed_by(0)}, {a.missed_by(1)}; groups {a.groups}"
    return ""


def boot_items(_folder):
    """'' when a request for a boot item is found, with where it went, and one without is not."""
    def request(vendor):
        options = b"\x63\x82\x53\x63\x35\1\3" + bytes((43, len(vendor))) + vendor + b"\xff"
        return _frame(68, 4011, b"\1\1\6\0" + bytes(232) + options, True)

    with tempfile.NamedTemporaryFile() as file:
        file.write(_capture([request(b"\x47\4\0\x0f\0\0\xff"), request(b"\x06\1\7\xff"), _dhcp(1, 7)]))
        file.flush()
        found = wire.requests_for_item(file.name)
    if [(item.to, item.vendor[wire.BOOT_ITEM]) for item in found] != [(("192.168.111.130", 4011), b"\0\x0f\0\0")]:
        return f"{found}"
    return ""


def terminal_screen(_folder):
    """'' when a terminal shows what UEFI's console writes, however it is cut into pieces."""
    text = "\x1b[2J\x1b[01;01H\x1b[0m\x1b[37mone\r\n two\x1b[05;03Hfive\x1b[02;02HT\x1b[05;04H\x1b[K"
    for step in (1, 2, 7, len(text)):
        screen = terminal.Terminal()
        for at in range(0, len(text), step):
            screen.feed(text[at:at + step])
        if screen.text()[:5] != ["one", " Two", "", "", "  f"]:
            return f"pieces of {step}: {screen.text()[:5]}"
        screen.feed("\n" * 40 + "\x1b[31;01Hend")
        if screen.text() != [""] * 30 + ["end"]:
            return f"scrolled: {screen.text()}"
    return ""


def enrolled(_folder):
    """'' when a certificate goes into the firmware's variables, behind the ones that are there."""
    with open(packages.find("usr/share/OVMF/OVMF_VARS_4M.ms.fd"), "rb") as file:
        before = file.read()
    after = efi_variables.enrol(efi_variables.enrol(before, b"first"), b"second")
    content = efi_variables.database(after)
    if not content.startswith(efi_variables.database(before)) or len(after) != len(before):
        return "what was there is gone"
    if content[len(efi_variables.database(before)):] != b"".join(
            efi_variables.signature_list(name) for name in (b"first", b"second")):
        return f"enrolled: {content[-200:]}"
    return ""


CHECKS = {
    "lab-interrupted-int": interrupted_int,
    "lab-interrupted-term": interrupted_term,
    "lab-interrupted-kill": interrupted_kill,
    "lab-fails": fails,
    "lab-captures": captures,
    "lab-dhcp-counts": dhcp_counts,
    "lab-multicast-counts": multicast_counts,
    "lab-boot-items": boot_items,
    "lab-terminal-screen": terminal_screen,
    "lab-enrolled": enrolled,
    "lab-keys-and-archives": keys_and_archives,
}
