# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The files the servers give out: the reference site's TFTP root and web root, and the boot programs of the tests.

The root is built once per installer in the build folder; each lab gets its own tree of hard links to it, to which files
can be added.
"""
import fcntl
import os
import shutil
import subprocess

from . import content_uefi, initramfs, machine, packages, uefi
from .files import link, write

KS_URL = "http://192.168.111.130/ks.cfg"

# UEFI's screen is drawn pixel by pixel; without "quiet" that takes longer than everything else.
KERNEL_ARGUMENTS = f"ks={KS_URL} quiet"

PXELINUX_CFG = f"""\
default ks
prompt 1
timeout 6
display boot.msg
F1 boot.msg
F2 options.msg
F3 general.msg
F4 param.msg
F5 rescue.msg
label linux
  kernel vmlinuz
  append initrd=initrd.img
label text
  kernel vmlinuz
  append initrd=initrd.img text
label ks
  kernel vmlinuz
  append ks={KS_URL} initrd=initrd.img
label local
  localboot 1
label memtest86
  kernel memtest
  append -
"""

# The pages of the function keys; a form feed in front of each clears the screen.
PAGES = {
    "boot.msg": "Puck reference site\n\nPress ENTER to install, or type a label: linux text ks local memtest86\n"
                "[F1-Main] [F2-Options] [F3-General] [F4-Kernel] [F5-Rescue]\n",
    "options.msg": "Installer boot options\n\n  linux text        text mode\n",
    "general.msg": "General boot help\n\nThe label ks installs without asking.\n",
    "param.msg": "Kernel parameter help\n\n  mem=SIZE          use SIZE of memory\n",
    "rescue.msg": "Rescue mode help\n\n  linux rescue      repair an installed system\n",
}

KS_CFG = """\
# The kickstart file of the reference site.
install
url --url http://192.168.111.130/install/
lang en_US.UTF-8
text
reboot
"""

# early_command runs as soon as the installer has loaded this file from the network.
PRESEED_CFG = """\
d-i debian-installer/locale string en_US
d-i preseed/early_command string echo "PUCK-LAB: preseed early_command: $(cat /proc/cmdline)" >/dev/ttyS0
d-i mirror/country string manual
d-i mirror/http/hostname string 192.168.111.130
d-i mirror/http/directory string /install
d-i mirror/http/proxy string
"""

GRUB_CFG = f"""\
echo "PUCK-LAB: grub.cfg from $net_default_server over $net_default_interface"
linux /vmlinuz ks={KS_URL}
echo "PUCK-LAB: GRUB has the kernel"
initrd /initrd.img
echo "PUCK-LAB: GRUB has the initrd"
boot
"""

BOOT_IPXE = f"""\
#!ipxe
echo PUCK-LAB: iPXE script runs
kernel tftp://192.168.111.130/vmlinuz ks={KS_URL} initrd=initrd.img
initrd tftp://192.168.111.130/initrd.img
boot
"""

SYSLINUX_MODULES = ("ldlinux.c32", "libcom32.c32", "libutil.c32", "libmenu.c32", "menu.c32", "pxechn.c32", "reboot.c32")
GRUB_MODULES = "echo linux linux16 normal test tftp http net configfile halt reboot"


def _build_run(root):
    """What pxelinux needs to start Debian's installer."""
    link(packages.find("usr/lib/PXELINUX/pxelinux.0"), f"{root}/pxelinux.0")
    for name in SYSLINUX_MODULES:
        link(packages.find(f"usr/lib/syslinux/modules/bios/{name}"), f"{root}/{name}")
    link(packages.installer("linux"), f"{root}/vmlinuz")
    write(f"{root}/pxelinux.cfg/default", PXELINUX_CFG)
    for name, text in PAGES.items():
        write(f"{root}/{name}", "\f" + text)
    content_uefi.build_run(root, KERNEL_ARGUMENTS)


def _build_tftp(root):
    """The TFTP root of the reference site with the small initramfs, and other boot programs beside it."""
    _build_run(root)
    link(packages.find("usr/lib/PXELINUX/lpxelinux.0"), f"{root}/lpxelinux.0")
    link(packages.find("usr/lib/syslinux/memdisk"), f"{root}/memdisk")
    link(packages.find("boot/memtest86+x64.bin"), f"{root}/memtest")
    for name in ("undionly.kpxe", "undionly.kkpxe", "ipxe.pxe"):
        link(packages.find(f"usr/lib/ipxe/{name}"), f"{root}/{name}")
    write(f"{root}/initrd.img", initramfs.build())
    write(f"{root}/boot.ipxe", BOOT_IPXE)
    write(f"{root}/floppy.img", machine.boot_sector("PUCK-LAB: floppy boot sector").ljust(1474560, b"\0"))
    write(f"{root}/returns.0", machine.returning_program("PUCK-LAB: boot program returns"))
    content_uefi.build_test(root, KERNEL_ARGUMENTS)
    _build_grub(root)


def _build_grub(root):
    """GRUB's network folder: boot/grub/i386-pc/core.0, its modules, and our grub.cfg."""
    modules = os.path.dirname(packages.find("usr/lib/grub/i386-pc/moddep.lst"))
    done = subprocess.run(
        [packages.command("grub-mknetdir", "boot"), f"--net-directory={root}", "--subdir=boot/grub", "-d", modules,
         f"--modules={GRUB_MODULES}", "--locales=", "--fonts=", "--themes="],
        env=packages.environment("boot"), capture_output=True, text=True)
    if done.returncode != 0:
        raise packages.Missing(f"grub-mknetdir: {done.stderr.strip()}")
    write(f"{root}/boot/grub/grub.cfg", GRUB_CFG)


def _build_www(root):
    """The web root: ks.cfg, preseed.cfg and the install tree."""
    write(f"{root}/ks.cfg", KS_CFG)
    write(f"{root}/preseed.cfg", PRESEED_CFG)
    for name in ("linux", "initrd.gz"):
        link(packages.installer(name), f"{root}/install/{name}")


def build(kind):
    """Builds what is not there yet and returns the folder that holds `tftp` and `www`.

    Kind `test` is everything; `run` is content with the installer's initrd only, and does with fewer packages.
    """
    base = os.path.join(packages.REPOSITORY, "build/lab", kind)
    os.makedirs(base, exist_ok=True)
    source = [os.path.join(os.path.dirname(__file__), name) for name in
              ("content.py", "content_uefi.py", "initramfs.py", "machine.py", "uefi.py", "efi_volume.py")]
    source += [packages.installer("linux"), packages.find("usr/lib/PXELINUX/pxelinux.0"), packages.find("usr/lib/shim/shimx64.efi.signed")]
    stamp = "\n".join(f"{path} {os.stat(path).st_mtime_ns}" for path in source)
    with open(os.path.join(base, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = os.path.join(base, "done")
        if os.path.exists(done):
            with open(done, encoding="utf-8") as file:
                if file.read() == stamp:
                    return base
            os.unlink(done)
        for name, make in (("tftp", _build_tftp if kind == "test" else _build_run), ("www", _build_www)):
            shutil.rmtree(os.path.join(base, name), ignore_errors=True)
            make(os.path.join(base, name))
        write(done, stamp)
    return base


def copy_tree(source, target):
    """A tree of hard links."""
    shutil.rmtree(target, ignore_errors=True)
    for folder, _, names in os.walk(source, followlinks=True):
        place = os.path.normpath(os.path.join(target, os.path.relpath(folder, source)))
        os.makedirs(place, exist_ok=True)
        for name in names:
            link(os.path.join(folder, name), os.path.join(place, name))


def prepare(out, options):
    """This lab's own `tftp` and `www` below OUT: the built ones, or --tftp-root, and the added files."""
    base = build("run" if options.net == "user" and options.content == "installer" else "test")
    copy_tree(options.tftp_root or f"{base}/tftp", f"{out}/tftp")
    copy_tree(f"{base}/www", f"{out}/www")
    if options.content == "installer":
        link(packages.installer("initrd.gz"), f"{out}/tftp/initrd.img")
    if options.start in ("pxe", "http") and options.firmware != "bios":
        for folder in ("tftp", "www"):
            link(uefi.application(options), f"{out}/{folder}/{uefi.application_name(options)}")
    for added in options.file:
        path, _, name = added.rpartition(":")
        if not path or name.startswith("/") or ".." in name.split("/"):
            raise packages.Missing(f"--file {added}: wants HOSTPATH:NAME, NAME below the TFTP root")
        if not os.path.isfile(path):
            raise packages.Missing(f"--file {added}: no file {path}")
        _write_or_link(path, f"{out}/tftp/{name}")


def _write_or_link(path, target):
    """Files of the tree are copied when small: somebody may edit them while the lab runs."""
    if os.path.getsize(path) > 1 << 20:
        link(path, target)
        return
    with open(path, "rb") as file:
        write(target, file.read())
