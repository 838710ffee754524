# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The end-to-end cases: each is one call of tools/lab, and what has to be seen for it to pass."""
import zlib
from dataclasses import dataclass, field

import lab_itself

NEXT_DEVICE = "PUCK-LAB: next boot device"
DONE = "PUCK-LAB: installer done"
KS = "ks=http://192.168.111.130/ks.cfg"
AT_PROMPT = "Puck reference site"  # the first line of boot.msg, shown just before the prompt

# The small installer of our own: its kernel has the argument, its network works, the file behind the argument is there.
REACHES_INSTALLER = ("--expect", f"re:PUCK-LAB: command line: .*{KS}", "--expect", "PUCK-LAB: network up: 192.168.111.",
                     "--expect", "PUCK-LAB: ks.cfg: url --url http://192.168.111.130/install/", "--expect", DONE)

MIB = 1 << 20


@dataclass
class Case:
    """NAME, arguments of tools/lab, and files to be served: texts, or (size) of a file made of a pattern."""

    name: str
    arguments: tuple
    files: dict = field(default_factory=dict)
    seconds: int = 120
    check: object = None  # a function of the output folder that returns what is wrong, instead of a call of the lab
    verify: object = None  # a function of the output folder, called when the lab is content: what is wrong, or ''


def pattern(size):
    """Bytes in which no two blocks are alike, so that a lost, doubled or swapped block changes the checksum."""
    return b"".join(number.to_bytes(8, "little") for number in range(size // 8))


def pxelinux(*lines):
    """A pxelinux.cfg/default that runs one label."""
    return {"pxelinux.cfg/default": "default it\nlabel it\n" + "".join(f"  {line}\n" for line in lines)}


def lab(*arguments, nic="e1000e", servers=None):
    """Arguments of one lab."""
    return ("--nic", nic, *(("--servers", servers) if servers else ()), *arguments)


def typed(text, after=AT_PROMPT):
    """Types a line when a text shows."""
    return ("--key-at", f'{after}:"{text}\\n"')


def reference_site():
    """The label ks of the reference content, on every server variant and every card."""
    rows = (("e1000e", "isc+tftpd-hpa-xinetd"), ("virtio", "isc+tftpd-hpa-xinetd"), ("e1000e", "isc+tftpd-hpa"),
            ("virtio", "isc+tftpd-hpa"), ("e1000", "dnsmasq"), ("virtio", "dnsmasq"), ("virtio-modern", "kea+atftpd"),
            ("e1000e", "kea+atftpd"), ("virtio-legacy", "isc+tftpd-hpa"), ("e1000", "isc+tftpd-hpa-xinetd"))
    for nic, servers in rows:
        yield Case(f"ks-{servers}-{nic}", lab(
            *REACHES_INSTALLER, "--expect-file", "pxelinux.0", "--expect-file", "vmlinuz", "--expect-file",
            "initrd.img", nic=nic, servers=servers))


def real_installer():
    """Debian's installer with its 40 MB initrd; its early_command runs once the preseed file came over HTTP."""
    append = (f"{KS} initrd=initrd.img auto=true priority=critical url=http://192.168.111.130/preseed.cfg "
              "interface=auto netcfg/get_nameservers=192.168.111.130 netcfg/get_hostname=puck netcfg/get_domain=lab")
    for nic in ("e1000e", "virtio"):
        yield Case(f"installer-{nic}", lab(
            "--content", "installer", "--memory", "1024", "--expect", f"re:PUCK-LAB: preseed early_command: .*{KS}",
            "--expect-file", "initrd.img", "--pcap-bytes", "128", nic=nic),
            pxelinux("kernel vmlinuz", f"append {append}"), seconds=300)


def menu():
    """What else the reference menu offers."""
    for nic in ("e1000e", "virtio"):
        yield Case(f"local-{nic}", lab(*typed("local"), "--expect", NEXT_DEVICE, nic=nic), seconds=60)
    yield Case("memtest86", lab(*typed("memtest86"), "--expect-screen", "Memtest86+"))
    pages = (("Puck reference site", "f2"), ("Installer boot options", "f3"), ("General boot help", "f4"),
             ("Kernel parameter help", "f5"), ("Rescue mode help", "f1"))
    keys = [word for text, key in pages for word in ("--key-at", f"{text}:{key}")]
    shown = [word for text, _ in pages for word in ("--expect", text)]
    yield Case("function-keys", lab(*keys, *shown, nic="virtio"), seconds=60)


IPXE_DHCPD_CONF = """\
subnet 192.168.111.0 netmask 255.255.255.0 {{
    next-server 192.168.111.130;
    option routers 192.168.111.130;
    range 192.168.111.100 192.168.111.200;
    if exists user-class and option user-class = "iPXE" {{ filename "boot.ipxe"; }} else {{ filename "{name}"; }}
}}
"""


def boot_programs():
    """Boot programs other than pxelinux.0, each through what it uses of the PXE API."""
    for nic in ("e1000e", "virtio"):
        yield Case(f"lpxelinux-{nic}", lab("--dhcp-filename", "lpxelinux.0", *REACHES_INSTALLER, "--expect-file",
                                           "initrd.img", nic=nic))
        yield Case(f"grub-{nic}", lab("--dhcp-filename", "boot/grub/i386-pc/core.0", "--expect",
                                      "PUCK-LAB: grub.cfg from 192.168.111.130", "--expect",
                                      "PUCK-LAB: GRUB has the initrd", *REACHES_INSTALLER, nic=nic))
        for name in ("undionly.kpxe", "ipxe.pxe"):
            yield Case(f"{name}-{nic}", lab(
                "--dhcp-conf", "{dir}/dhcpd.conf", "--expect", "PUCK-LAB: iPXE script runs", *REACHES_INSTALLER,
                "--expect-file", name, "--expect-file", "initrd.img", nic=nic),
                {"dhcpd.conf": IPXE_DHCPD_CONF.format(name=name)})
    yield Case("memdisk", lab("--expect", "PUCK-LAB: floppy boot sector"),
               pxelinux("kernel memdisk", "append initrd=floppy.img"))
    yield Case("pxechn", lab("--expect", "PUCK-LAB: grub.cfg from 192.168.111.130", *REACHES_INSTALLER, nic="virtio"),
               pxelinux("com32 pxechn.c32", "append 192.168.111.130::boot/grub/i386-pc/core.0"))
    yield Case("pxechn-missing", lab("--expect", "returned 59"),
               pxelinux("com32 pxechn.c32", "append -r 192.168.111.130::missing.0"), seconds=60)


def fetches(name, size, *arguments, nic="virtio", wishes="", servers="isc+tftpd-hpa", seconds=120):
    """The base code itself reads a file (bench.bin) for a boot program, which says its size and CRC-32."""
    data = pattern(size)
    # The file is as long as no block is: the last block is a short one.
    data = data[:-3]
    return Case(name, lab(
        "--dhcp-filename", "fetch.nbp", "--file", "{repository}/build/out/bench/fetch.nbp:fetch.nbp",
        "--expect", f"re:(?i)FETCH status=0000 size={len(data):08x} crc={zlib.crc32(data):08x}",
        "--expect-file", f"bench.bin:size={len(data)}{wishes}", "--pcap-bytes", "96", *arguments, nic=nic,
        servers=servers), {"bench.bin": data}, seconds=seconds)


def block_sizes():
    """Both extremes of the block size, servers without options, and files longer than the block number reaches."""
    yield Case("blocks-512-pxelinux", lab("--tftp-arg=-B", "--tftp-arg=512", *REACHES_INSTALLER, "--expect-file",
                                          "vmlinuz:blksize=512", servers="isc+tftpd-hpa"))
    yield Case("no-blocksize-pxelinux", lab("--tftp-arg=--tftp-no-blocksize", *REACHES_INSTALLER, "--expect-file",
                                            "pxelinux.0:blksize=512", nic="virtio", servers="dnsmasq"))
    yield fetches("blocks-512-fetch", 4 * MIB, "--tftp-arg=-B", "--tftp-arg=512", wishes=":blksize=512", nic="e1000e")
    yield fetches("no-blocksize-fetch", 4 * MIB, "--tftp-arg=--tftp-no-blocksize", wishes=":blksize=512",
                  servers="dnsmasq")
    yield fetches("large-blocks-tftpd-hpa", 16 * MIB, wishes=":minblksize=1469", nic="e1000e")
    # dnsmasq grants no block above the MTU of its interface; atftpd knows windows, which do better than large blocks.
    yield fetches("mtu-blocks-dnsmasq", 16 * MIB, wishes=":blksize=1468", servers="dnsmasq")
    yield fetches("window-atftpd", 16 * MIB, "--tftp-arg=--no-multicast", wishes=":windowsize=16", servers="kea+atftpd")
    # 100 MB in blocks of 1468 bytes are 71,000: the 16-bit block number rolls over.
    yield fetches("rollover-virtio", 100 * MIB, "--tftp-arg=-B", "--tftp-arg=1468", wishes=":minblocks=65537",
                  seconds=240)
    yield fetches("rollover-e1000e", 36 * MIB, "--tftp-arg=-B", "--tftp-arg=512", wishes=":minblocks=65537",
                  nic="e1000e", seconds=240)
    yield Case("rollover-pxelinux", lab(
        *REACHES_INSTALLER, "--expect-file", "big.bin:minblocks=65537", "--pcap-bytes", "96", "--memory", "768",
        nic="virtio"),
        {**pxelinux("kernel vmlinuz", f"append {KS} initrd=initrd.img,big.bin"), "big.bin": bytes(100 * MIB)},
        seconds=300)


def failures():
    """What cannot work ends in a message with its number, and then in the BIOS's next boot device."""
    yield Case("no-dhcp-server", lab("--expect", "PXE-E51", "--expect", NEXT_DEVICE, servers="none"), seconds=240)
    yield Case("no-tftp-server", lab("--expect", "re:PXE-E3[0-9A-F]", "--expect", NEXT_DEVICE, nic="virtio",
                                     servers="isc"), seconds=240)
    yield Case("no-file", lab("--dhcp-filename", "missing.0", "--expect", "PXE-E3B", "--expect", "192.168.111.130",
                              "--expect", NEXT_DEVICE))
    yield Case("no-file-name", lab("--dhcp-conf", "{dir}/dhcpd.conf", "--expect", "PXE-E53", "--expect", NEXT_DEVICE),
               {"dhcpd.conf": "subnet 192.168.111.0 netmask 255.255.255.0 { range 192.168.111.100 192.168.111.200; }"},
               seconds=180)
    yield Case("file-too-long", lab("--dhcp-filename", "initrd.img", "--expect", "re:PXE-E79|PXE-E3A", "--expect",
                                    NEXT_DEVICE))
    yield Case("program-returns-e1000e", lab("--dhcp-filename", "returns.0", "--expect",
                                             "PUCK-LAB: boot program returns", "--expect", NEXT_DEVICE), seconds=60)
    yield Case("program-returns-virtio", lab("--dhcp-filename", "returns.0", "--expect",
                                             "PUCK-LAB: boot program returns", "--expect", NEXT_DEVICE, nic="virtio"),
               seconds=60)
    # ESC is pressed while the client waits for an answer that never comes: long before it would give up by itself.
    yield Case("escape", lab("--key-at", "re:(?i)DHCP:esc", "--expect", NEXT_DEVICE, servers="none"), seconds=25)


def machines():
    """Other machines than QEMU's default one."""
    yield Case("machine-q35", lab("--machine", "q35", *typed("local"), "--expect", NEXT_DEVICE, nic="virtio-modern"),
               seconds=60)
    yield Case("memory-32", lab("--memory", "32", *typed("local"), "--expect", NEXT_DEVICE), seconds=60)
    yield Case("memory-5120", lab("--memory", "5120", *REACHES_INSTALLER, nic="virtio"))
    # Each card's own copy of the ROM knows its own card: the BIOS tells a boot entry nothing.
    yield Case("two-cards", lab(
        "--qemu-arg", "-device e1000e,mac=52:54:00:12:34:99,romfile={repository}/build/out/rom/8086-10d3.rom,bootindex=0",
        "--key-at", "52:54:00:12:34:99:esc", "--expect", "PXE-EA0", "--expect", "52:54:00:12:34:56", *REACHES_INSTALLER))
    yield Case("cpu-pentium3", lab("--cpu", "pentium3", *typed("local"), "--expect", NEXT_DEVICE), seconds=60)


def api_from_real_mode():
    """tests/boot/nbp/api_trap.S: what our API does to registers, memory and stacks; and each way a boot program ends."""
    # shows: PXE-3.1-b, PXE-3.6-a, PXE-3.6-b, PXE-3.6-c, PXE-3.6-d, PXE-4.1-a, PXE-4.1-b by api-return_success-virtio
    # shows: PXE-4.1-c, PXE-4.2-b by api-return_*-virtio
    # shows: PXE-4.2-a by undi-loader-virtio
    # shows: PXE-3.2-f by api-restart_tftp
    def program(end):
        return ("--dhcp-filename", "api_trap.0", "--file", f"{{repository}}/build/out/nbp/api_trap-{end}.0:api_trap.0")

    passed = ("--expect", "re:api_trap: [0-9]{5} checks, 0 failed")
    for end in ("return_success", "return_failure", "return_after_smash", "leave_by_int18"):
        for nic in ("e1000e", "virtio"):
            yield Case(f"api-{end}-{nic}", lab(*program(end), *passed, "--expect", NEXT_DEVICE, nic=nic), seconds=60)
    yield Case("api-leave_by_int19", lab(*program("leave_by_int19"), *passed, "--expect", "Booting from ROM", *passed,
                                         nic="virtio"), seconds=60)
    yield Case("api-leave_hooked", lab(*program("leave_hooked"), *passed, *passed, "--expect", NEXT_DEVICE,
                                       nic="virtio"), seconds=60)
    yield Case("api-restart_tftp", lab(
        *program("restart_tftp"), "--file", "{repository}/build/out/nbp/api_trap-return_success.0:next.0", *passed,
        *passed, "--expect", "api_trap: here", *passed, "--expect", NEXT_DEVICE, nic="virtio"), seconds=60)
    for nic in ("e1000e", "virtio"):
        yield Case(f"undi-loader-{nic}", lab(
            "--dhcp-filename", "undi_load.0", "--file", "{repository}/build/out/nbp/undi_load.0:undi_load.0",
            "--expect", "re:undi_load: [0-9]{2} checks, 0 failed", "--expect", NEXT_DEVICE, nic=nic), seconds=60)
    for name, machine in (("memory-64", ("--memory", "64")), ("memory-3072", ("--memory", "3072")),
                          ("memory-5120", ("--memory", "5120")), ("q35", ("--machine", "q35")),
                          ("cpu-pentium2", ("--cpu", "pentium2")), ("smp", ("--qemu-arg=-smp 2",))):
        yield Case(f"api-{name}", lab(*program("return_success"), *passed, "--expect", NEXT_DEVICE, *machine,
                                      nic="virtio"), seconds=60)
    yield Case("cpu-486", lab("--expect", "this processor is too old", "--expect", NEXT_DEVICE, "--cpu", "486"),
               seconds=30)


def bad_links():
    """A cable that loses frames, between the machine and the servers."""
    relay = "{repository}/build/out/host/relay --delay 500 --seed 7"
    # pxelinux waits for each block by itself, so a single lost frame costs it a second.
    yield Case("lossy-pxelinux", lab("--relay", f"{relay} --loss 0.001", *REACHES_INSTALLER, nic="virtio"), seconds=240)
    for nic in ("e1000e", "virtio"):
        # in.tftpd answers no repeated ACK, so each loss costs its own timeout of a second.
        yield fetches(f"lossy-fetch-{nic}", MIB, "--relay", f"{relay} --loss 0.02 --dup 0.01", nic=nic)


def all_cases():
    """Every case of BIOS machines, and of the lab itself."""
    of_the_lab = (Case(name, (), check=check) for name, check in lab_itself.CHECKS.items())
    return [*real_installer(), *block_sizes(), *reference_site(), *menu(), *boot_programs(), *failures(), *machines(),
             *api_from_real_mode(), *bad_links(), *of_the_lab]
