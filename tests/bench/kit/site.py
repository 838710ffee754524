# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The servers a benchmark boots from, in the lab's private world: ISC dhcpd, and in.tftpd, atftpd or our own tftpd."""
import hashlib
import os
import shutil
import subprocess
import time
import zlib

from labkit import namespace, packages, servers

from . import boot, router

# EDK2 does not take an offer marked with option 60 alone; 43.6 = 8 says that the boot file is the one of the offer.
OFFERS = {"plain": "", "pxe": 'option vendor-class-identifier "PXEClient";\n',
          "pxe, discovery off": 'option vendor-class-identifier "PXEClient";\n'
                                'option vendor-encapsulated-options 06:01:08:ff;\n'}
CHAIN = 'if option user-class = "iPXE" {{ filename "{filename}"; }} else {{ filename "{chain}"; }}'
TFTP_SERVERS = ("in.tftpd", "atftpd", "windowsize")
BENCH_FILE = "bench.bin"
BENCH_BYTES = 40_000_000

PXELINUX_CFG = "default bench\nprompt 0\nlabel bench\n  kernel vmlinuz\n  append initrd=initrd.img {kernel}\n"
GRUB_CFG = "linux /vmlinuz {kernel}\ninitrd /initrd.img\nboot\n"
# iPXE's TFTP_READ_FILE asks for blocks of 512 bytes, its own downloads for 1432: a script shows the latter.
IPXE_SCRIPT = "#!ipxe\necho FETCH start\nimgfetch tftp://${next-server}/bench.bin\necho FETCH end\n"
KERNEL_ARGUMENTS = "console=ttyS0 earlyprintk=ttyS0"


def bench_data():
    """The content of the file: the same on each run, and no part of it like another."""
    blocks = (hashlib.sha256(number.to_bytes(8, "little")).digest() for number in range(BENCH_BYTES // 32))
    return b"".join(blocks)


def write_content(root, firmware):
    """The TFTP root; returns the CRC-32 of what is fetched to be measured."""
    data = bench_data()
    shutil.copy(packages.installer("linux"), f"{root}/vmlinuz")
    shutil.copy(packages.installer("initrd.gz"), f"{root}/initrd.img")
    if firmware == "bios":
        write_bios_programs(root, data)
    else:
        write_uefi_programs(root)
    with open(f"{root}/grub/grub.cfg", "w", encoding="ascii") as file:
        file.write(GRUB_CFG.format(kernel=KERNEL_ARGUMENTS))
    return zlib.crc32(data)


def write_bios_programs(root, data):
    """What is booted under BIOS, and what it fetches."""
    os.makedirs(f"{root}/pxelinux.cfg", exist_ok=True)
    with open(f"{root}/{BENCH_FILE}", "wb") as file:
        file.write(data)
    for name in ("fetch.nbp", "probe.nbp"):
        shutil.copy(os.path.join(packages.REPOSITORY, "build/out/bench", name), root)
    for name in ("pxelinux.0", "lpxelinux.0"):
        shutil.copy(packages.find(f"usr/lib/PXELINUX/{name}"), root)
    shutil.copy(packages.find("usr/lib/syslinux/modules/bios/ldlinux.c32"), root)
    with open(f"{root}/pxelinux.cfg/default", "w", encoding="ascii") as file:
        file.write(PXELINUX_CFG.format(kernel=KERNEL_ARGUMENTS))
    with open(f"{root}/fetch.ipxe", "w", encoding="ascii") as file:
        file.write(IPXE_SCRIPT)
    write_grub(root)


def write_uefi_programs(root):
    """What is booted under UEFI: our own programs, and Debian's signed shim and GRUB, named as shim asks for GRUB."""
    for name in ("bench.efi", "small.efi"):
        shutil.copy(os.path.join(packages.REPOSITORY, "build/out/bench", name), root)
    shutil.copy(packages.find("usr/lib/shim/shimx64.efi.signed"), f"{root}/shimx64.efi")
    shutil.copy(packages.find("usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed"), f"{root}/grubx64.efi")
    os.makedirs(f"{root}/grub", exist_ok=True)


def write_grub(root):
    """GRUB's network boot image and its modules, as grub-mknetdir lays them out."""
    modules = os.path.dirname(packages.find("usr/lib/grub/i386-pc/pxe.mod"))
    mknetdir = shutil.which("grub-mknetdir") or packages.command("grub-mknetdir", "boot")
    environment = packages.environment("boot")
    environment["PATH"] = f"{os.path.dirname(mknetdir)}:{environment['PATH']}"
    subprocess.run([mknetdir, f"--net-directory={root}", "--subdir=grub", f"--directory={modules}"], check=True,
                   env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Site:
    """Network, files and servers; servers are started again only when something else is wanted of them."""

    def __init__(self, out, firmware):
        self.out = out
        self.root = f"{out}/tftp"
        self.running = None
        self.dhcp = self.tftp = None
        os.makedirs(self.root, exist_ok=True)
        os.makedirs(f"{out}/dev", exist_ok=True)
        self.crc = write_content(self.root, firmware)
        namespace.make_dev(f"{out}/dev")
        namespace.mount("tmpfs", "/srv", "tmpfs", namespace.MS_NOSUID_NODEV, "mode=755")
        for name in ("tftp", "run"):
            os.mkdir(f"/srv/{name}")
        namespace.mount(self.root, "/srv/tftp", flags=namespace.MS_BIND)
        with open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w", encoding="ascii") as file:
            file.write("1")  # nothing on this wire but what the boot needs
        namespace.make_network()
        servers.start_syslog(f"{out}/syslog.log")
        self.router = router.Router()

    def serve(self, filename, offer="plain", tftp="in.tftpd", has_router=True, chain=None):
        """Makes sure that these servers run: dhcpd offers `filename`, TFTP is done by `tftp`.

        With `chain`, the path of iPXE, that is what everybody but iPXE is offered.
        """
        self.router.answers = has_router
        if self.running == (filename, offer, tftp, chain):
            return
        self.stop()
        conf = f"{self.out}/dhcpd.conf"
        with open(conf, "w", encoding="ascii") as file:
            # The reference configuration; without the ping that dhcpd sends before it gives out an address and that
            # would add a second to whichever boot comes first.
            text = "ping-check false;\n" + OFFERS[offer] + servers.DHCPD_CONF.format(filename=filename)
            if chain:
                name = os.path.basename(chain)
                shutil.copy(chain, self.root)
                text = text.replace(f'filename "{filename}";', CHAIN.format(chain=name, filename=filename))
            file.write(text)
        self.dhcp = servers.Servers(self.out, filename, dhcp_conf=conf)
        self.dhcp.dhcp_isc()
        if tftp == "in.tftpd":
            self.dhcp.tftp_standalone()
        elif tftp == "atftpd":
            self.dhcp.tftp_atftpd()
        else:
            command = [f"{boot.HOST}/tftpd", "--root", self.root, "--address", namespace.SERVER, "--die-with-parent"]
            with open(f"{self.out}/tftpd.log", "ab") as log:
                self.tftp = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            self.dhcp.ports.append(("tftpd", servers.PORT_TFTP))
        self.dhcp.wait_ready()
        others = list(self.dhcp.children.values()) + ([self.tftp] if self.tftp else [])
        cpus = sorted(os.sched_getaffinity(0))
        for child in others:
            if len(cpus) > 1:
                os.sched_setaffinity(child.pid, {cpus[1]})
        self.running = (filename, offer, tftp, chain)

    def stop(self):
        """Ends the servers and waits for them, so that their ports are free."""
        children = list(self.dhcp.children.values()) if self.dhcp else []
        children += [self.tftp] if self.tftp else []
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        time.sleep(0.1)
        self.running = self.dhcp = self.tftp = None
