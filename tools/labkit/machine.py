# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The machine under test: QEMU with one network card carrying one option ROM, watched over QMP."""
import json
import mmap
import os
import re
import socket
import struct
import subprocess
import time
import zlib

from . import namespace, packages, terminal, uefi

# What --nic takes: QEMU's device, PCI vendor and device id, and which of Debian's iPXE ROMs is for it.
NICS = {
    "e1000": ("e1000", "8086-100e", "e1000"),
    "e1000e": ("e1000e", "8086-10d3", "e1000e"),
    "virtio": ("virtio-net-pci", "1af4-1000", "virtio"),
    "virtio-legacy": ("virtio-net-pci,disable-modern=on", "1af4-1000", "virtio"),
    "virtio-modern": ("virtio-net-pci,disable-legacy=on,disable-modern=off", "1af4-1041", "virtio"),
    "rtl8139": ("rtl8139", "10ec-8139", "rtl8139"),
}

TEXT_MEMORY, TEXT_COLUMNS, TEXT_ROWS = 0xB8000, 80, 25
NEXT_DEVICE_TEXT = "PUCK-LAB: next boot device"


def rom_path(options):
    """The file of --rom: ours by default, `ipxe` for Debian's, `none` for a card without one.

    Where something else than our ROM is started, the card has the driver that it has without us: OVMF's own for virtio,
    iPXE's from the ROM for the others.
    """
    device, ids, ipxe = NICS[options.nic]
    rom = options.rom
    if options.firmware != "bios" and options.start != "rom":
        rom = rom or ("none" if device.startswith("virtio") else "ipxe")
    if rom == "none":
        return ""
    if rom == "ipxe":
        return packages.find(f"usr/lib/ipxe/qemu/{'pxe' if options.firmware == 'bios' else 'efi'}-{ipxe}.rom")
    path = rom or os.path.join(packages.REPOSITORY, "build/out/rom", f"{ids}.rom")
    if not os.path.exists(path):
        raise packages.Missing(f"no ROM at {path}: run make, or give --rom")
    return path


def patched_rom(path, ids, target):
    """A copy of a ROM whose PCI data structure names this card: iPXE's virtio ROM names only the modern one."""
    with open(path, "rb") as file:
        rom = bytearray(file.read())
    pcir = struct.unpack_from("<H", rom, 0x18)[0]
    struct.pack_into("<HH", rom, pcir + 4, *(int(number, 16) for number in ids.split("-")))
    # Byte 6 is not part of any structure; it takes up the difference of the checksum.
    rom[6] = (rom[6] - sum(rom[:rom[2] * 512])) & 0xFF
    with open(target, "wb") as file:
        file.write(rom)
    return target


def boot_sector(line):
    """A boot sector that prints a line with INT 10h and stops."""
    text = line.encode() + b"\r\n\0"
    code = bytes.fromhex(
        "31c0"      # xor ax, ax
        "8ed8"      # mov ds, ax
        "be{0}"     # mov si, text
        "ac"        # next: lodsb
        "84c0"      # test al, al
        "7409"      # jz stop
        "b40e"      # mov ah, 0Eh
        "bb0700"    # mov bx, 7
        "cd10"      # int 10h
        "ebf2"      # jmp next
        "f4"        # stop: hlt
        "ebfd"      # jmp stop
        .format(struct.pack("<H", 0x7C00 + 25).hex()))
    assert len(code) <= 25
    return (code.ljust(25, b"\x90") + text).ljust(510, b"\0") + b"\x55\xaa"


def returning_program(line):
    """A boot program that prints a line with INT 10h and returns to the PXE stack with AX=0 (PXE 2.1 section 4.4.5)."""
    return boot_sector(line).replace(bytes.fromhex("f4ebfd"), bytes.fromhex("31c0cb"), 1)  # xor ax, ax; retf


class Machine:
    """One QEMU. Ends with this program, whatever happens to it."""

    def __init__(self, options, out, netdev):
        self.out = out
        self.options = options
        self.serial_log = os.path.join(out, "serial.log")
        ours, theirs = socket.socketpair()
        self.qmp = ours
        self.received = b""
        self.terminal = terminal.Terminal()
        self.terminal_read = 0
        self.process = subprocess.Popen(
            self._command(netdev, theirs.fileno()), pass_fds=(theirs.fileno(),), preexec_fn=namespace.die_with_parent,
            stdin=None if options.terminal else subprocess.DEVNULL,
            stdout=None if options.terminal else open(os.path.join(out, "qemu.log"), "wb"),
            stderr=subprocess.STDOUT)
        theirs.close()
        self.qmp.settimeout(20)
        self._read()
        self.execute("qmp_capabilities")
        self.link_up_at = None
        if options.link_down or options.link_down_for:
            self._hold_link_down()

    def _command(self, netdev, qmp_fd):
        options, out = self.options, self.out
        arguments, card_index = self._bios() if options.firmware == "bios" else uefi.arguments(options, NEXT_DEVICE_TEXT)
        rom = rom_path(options)
        if rom and options.rom == "ipxe" and options.firmware == "bios":
            rom = patched_rom(rom, NICS[options.nic][1], os.path.join(out, "ipxe.rom"))
        card = f"{NICS[options.nic][0]},id=nic0,netdev=net0,mac={options.mac},romfile={rom}"
        if not options.card_unlisted:
            card += f",bootindex={card_index}"
        serial = f"file,id=serial,path={self.serial_log}"
        if options.terminal:
            serial = f"stdio,id=serial,signal=on,logfile={self.serial_log}"
        command = [
            packages.installed(options.qemu), "-M", self._machine_type(), "-accel", "tcg", "-m", options.memory,
            "-vga", "std", "-display", "none", "-no-reboot", "-nodefaults", "-boot", "strict=off",
            "-chardev", serial, "-serial", "chardev:serial",
            "-chardev", f"socket,id=qmp,fd={qmp_fd}", "-mon", "chardev=qmp,mode=control",
            "-debugcon", f"file:{out}/debugcon.log",
            "-chardev", f"file,id=bios,path={out}/bios.log", "-device", "isa-debugcon,iobase=0x402,chardev=bios",
            "-netdev", netdev, "-device", card, *arguments,
        ]
        if options.link_down or options.link_down_for:
            command.append("-S")
        if not options.no_pcap:
            command += ["-object", f"filter-dump,id=dump,netdev=net0,file={out}/wire.pcap,maxlen={options.pcap_bytes}"]
        if options.cpu:
            command += ["-cpu", options.cpu]
        for argument in options.qemu_arg:
            command += argument.split()
        with open(os.path.join(out, "qemu.cmd"), "w", encoding="utf-8") as file:
            file.write(" ".join(command) + "\n")
        return command

    def _machine_type(self):
        if self.options.firmware != "bios":
            return uefi.machine_type(self.options)
        return (self.options.machine or "pc") + ("" if self.options.no_mirror else ",graphics=off")

    def _bios(self):
        """SeaBIOS: the disk's arguments, and the card's boot index."""
        if self.options.no_disk:
            return [], 1
        disk = os.path.join(self.out, "disk.img")
        with open(disk, "wb") as file:
            file.write(boot_sector(NEXT_DEVICE_TEXT).ljust(1 << 20, b"\0"))
        return ["-drive", f"if=none,id=disk,format=raw,file={disk},snapshot=on",
                "-device", "ide-hd,drive=disk,bootindex=2"], 1

    def set_link(self, up):
        """Plugs the cable in, or out."""
        self.execute("set_link", name="nic0", up=up)

    def _hold_link_down(self):
        """Starts the machine without a cable; --link-down-for plugs it in when so many seconds have passed."""
        self.set_link(False)
        self.execute("cont")
        self.link_up_at = time.monotonic() + self.options.link_down_for if self.options.link_down_for else None

    def _read(self):
        """The next message from QMP."""
        while b"\n" not in self.received:
            data = self.qmp.recv(65536)
            if not data:
                raise ConnectionError("QEMU has ended")
            self.received += data
        line, self.received = self.received.split(b"\n", 1)
        return json.loads(line)

    def execute(self, command, **arguments):
        """One QMP command; returns its result."""
        self.qmp.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            message = self._read()
            if "error" in message:
                raise RuntimeError(f"{command}: {message['error']['desc']}")
            if "return" in message:
                return message["return"]

    def running(self):
        """Whether QEMU is still there."""
        return self.process.poll() is None

    def send_keys(self, keys):
        """Presses keys, each a list of QEMU key names held together."""
        for key in keys:
            codes = [{"type": "qcode", "data": name} for name in key]
            self.execute("send-key", keys=codes, **{"hold-time": 40})

    def tick(self):
        """What happens to the machine by the clock."""
        if self.link_up_at and time.monotonic() >= self.link_up_at:
            self.link_up_at = None
            self.set_link(True)

    def memory_holds(self, pattern):
        """Whether the machine's memory below 4 GB (a bytes pattern) matches somewhere: a kernel's log, for example."""
        path = os.path.join(self.out, "memory.bin")
        self.execute("pmemsave", val=0, size=min(int(self.options.memory), 2048) << 20, filename=path)
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory:
            found = pattern.search(memory) is not None
        os.unlink(path)
        return found

    def screen(self):
        """The lines of the screen: VGA's text memory, or under UEFI a terminal's on the serial port."""
        if self.options.firmware != "bios":
            with open(self.serial_log, "rb") as file:
                file.seek(self.terminal_read)
                data = file.read()
            self.terminal_read += len(data)
            self.terminal.feed(data.decode("utf-8", errors="replace"))
            return self.terminal.text()
        path = os.path.join(self.out, "screen.bin")
        size = TEXT_COLUMNS * TEXT_ROWS * 2
        self.execute("pmemsave", val=TEXT_MEMORY, size=size, filename=path)
        with open(path, "rb") as file:
            cells = file.read(size)[::2]
        os.unlink(path)
        text = cells.replace(b"\0", b" ").decode("cp437")
        return [text[i:i + TEXT_COLUMNS].rstrip() for i in range(0, len(text), TEXT_COLUMNS)]

    def screenshot(self, name):
        """Writes the screen as DIR/NAME.png and DIR/NAME.txt."""
        with open(os.path.join(self.out, name + ".txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(self.screen()) + "\n")
        ppm = os.path.join(self.out, name + ".ppm")
        self.execute("screendump", filename=ppm)
        with open(ppm, "rb") as file:
            image = ppm_to_png(file.read())
        os.unlink(ppm)
        with open(os.path.join(self.out, name + ".png"), "wb") as file:
            file.write(image)

    def stop(self):
        """Ends QEMU and waits for it."""
        if self.running():
            try:
                self.execute("quit")
            except (OSError, RuntimeError):
                pass
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def ppm_to_png(ppm):
    """A PNG of a binary PPM: QEMU writes PNG itself only since 7.1, and only when built with libpng."""
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", ppm)
    width, height = int(header[1]), int(header[2])
    pixels = ppm[header.end():]
    rows = b"".join(b"\0" + pixels[y * width * 3:(y + 1) * width * 3] for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


# Keys of a US keyboard for text that is typed.
_PLAIN = {" ": "spc", "-": "minus", "=": "equal", ".": "dot", ",": "comma", "/": "slash", "\n": "ret",
          "'": "apostrophe", ";": "semicolon", "[": "bracket_left", "]": "bracket_right", "\\": "backslash", "`": "grave_accent"}
_SHIFTED = {":": "semicolon", "_": "minus", "+": "equal", "(": "9", ")": "0", "*": "8", "&": "7", "%": "5",
            "?": "slash", '"': "apostrophe", "<": "comma", ">": "dot", "|": "backslash", "!": "1", "@": "2", "#": "3", "$": "4"}


def parse_keys(text):
    """Key presses of `f1,esc,ctrl-b` (QEMU's names) or of a quoted text ("local\\n") that is typed."""
    if text[:1] in "'\"" and text[-1:] == text[:1] and len(text) > 1:
        keys = []
        for char in text[1:-1].replace("\\n", "\n"):
            if char in _SHIFTED or char.isupper():
                keys.append(["shift", _SHIFTED.get(char, char.lower())])
            else:
                keys.append([_PLAIN.get(char, char)])
        return keys
    return [key.split("-") for key in text.split(",")]
