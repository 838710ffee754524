# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A small initramfs: static busybox, the drivers of the NICs under test, and a script that tells what it reached.

Drivers come from the initrd of Debian's network installer, so they always fit the kernel beside it.
"""
import gzip
import re
import stat

from . import packages

DRIVERS = ("virtio_pci", "virtio_net", "e1000", "e1000e", "8139cp", "af_packet")

INIT = """\
#!/bin/busybox sh
# Reports each step on the first serial port and on the console; the lab waits for these lines.
b=/bin/busybox
$b mkdir -p /proc /sys /dev /etc /tmp
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
say() { echo "PUCK-LAB: $*" >/dev/ttyS0; echo "PUCK-LAB: $*" >/dev/tty0; }
say "kernel $($b uname -r) started"
say "command line: $($b cat /proc/cmdline)"
# What the kernel found by itself: memtest= while it started, page_poison=1 since. A card that is still receiving shows here.
if $b dmesg | $b grep -i -E 'bad mem addr|corrupt|poison overwritten' >/tmp/damage; then
    while read -r line; do say "memory damaged: $line"; done </tmp/damage
else
    say "memory intact"
fi
for module in $($b cat /modules/order); do $b insmod /modules/$module 2>/dev/null; done
$b ip link set lo up
for try in 1 2 3 4 5 6 7 8 9 10; do
    [ -e /sys/class/net/eth0 ] && break
    $b sleep 1
done
$b ip link set eth0 up
if $b udhcpc -i eth0 -n -q -t 15 -T 2 -s /udhcpc.sh >/tmp/udhcpc 2>&1; then
    say "network up: $($b ip -4 -o addr show eth0 | $b tr -s ' ' | $b cut -d' ' -f4)"
else
    say "no network"
    while read -r line; do say "udhcpc: $line"; done </tmp/udhcpc
fi
url=
for word in $($b cat /proc/cmdline); do
    case $word in ks=*) url=${word#ks=} ;; esac
done
say "fetching $url"
if $b wget -O /tmp/ks.cfg "$url" >/tmp/wget 2>&1; then
    while read -r line; do say "ks.cfg: $line"; done </tmp/ks.cfg
    say "installer done"
else
    while read -r line; do say "wget: $line"; done </tmp/wget
    say "ks.cfg not fetched"
fi
while :; do $b sleep 1000; done
"""

UDHCPC = """\
#!/bin/busybox sh
[ "$1" = bound ] || exit 0
/bin/busybox ip addr add "$ip/$mask" dev "$interface"
[ -z "$router" ] || /bin/busybox ip route add default via "${router%% *}"
"""


def read_cpio(data):
    """(name, mode, content) of each entry of a newc archive."""
    at = 0
    while data[at:at + 6] == b"070701":
        fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = data[at + 110:at + 110 + name_size - 1].decode()
        start = (at + 110 + name_size + 3) & ~3
        if name == "TRAILER!!!":
            return
        yield name, mode, data[start:start + size]
        at = (start + size + 3) & ~3


def write_cpio(entries):
    """A newc archive of (name, mode, content); modification times are 0, so equal input gives equal bytes."""
    out = bytearray()
    for number, (name, mode, content) in enumerate([*entries, ("TRAILER!!!", 0, b"")]):
        encoded = name.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        fields = (number + 1, mode, 0, 0, links, 0, len(content), 0, 0, 0, 0, len(encoded), 0)
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        out += bytes(-len(out) % 4) + content
        out += bytes(-len(out) % 4)
    return bytes(out)


def _drivers():
    """(file name, content) of each driver behind those it needs."""
    with gzip.open(packages.installer("initrd.gz")) as file:
        archive = file.read()
    modules = {}
    for name, mode, content in read_cpio(archive):
        if stat.S_ISREG(mode) and name.endswith(".ko"):
            modules[name.rsplit("/", 1)[1][:-3].replace("-", "_")] = content
    ordered = []

    def add(name):
        if name in modules and name not in ordered:
            for needed in re.search(rb"\0depends=([^\0]*)\0", modules[name])[1].decode().split(","):
                add(needed.replace("-", "_"))
            ordered.append(name)

    for name in DRIVERS:
        add(name)
    for name in ("virtio_net", "e1000", "e1000e"):
        if name not in ordered:
            raise packages.Missing(f"the installer's initrd has no {name}.ko")
    return [(f"{name}.ko", modules[name]) for name in ordered]


def build():
    """The bytes of the initramfs, compressed."""
    with open(packages.find("bin/busybox"), "rb") as file:
        busybox = file.read()
    drivers = _drivers()
    folder, program, plain = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o755, stat.S_IFREG | 0o644
    entries = [("bin", folder, b""), ("dev", folder, b""), ("modules", folder, b""),
               ("bin/busybox", program, busybox), ("init", program, INIT.encode()),
               ("udhcpc.sh", program, UDHCPC.encode()),
               ("modules/order", plain, "\n".join(name for name, _ in drivers).encode() + b"\n")]
    entries += [(f"modules/{name}", plain, content) for name, content in drivers]
    return gzip.compress(write_cpio(entries), 6, mtime=0)
