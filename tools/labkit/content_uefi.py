# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the TFTP root holds for UEFI machines: boot programs of every kind, each with what it asks for next."""
import glob
import os
import subprocess

from . import packages, uefi
from .files import link, write

# systemd's stub finds these sections by name; the addresses only have to be free, and are those its manual uses.
UKI_SECTIONS = ((".osrel", 0x20000), (".cmdline", 0x30000), (".linux", 0x2000000), (".initrd", 0x3000000))
OS_RELEASE = 'ID=puck-lab\nPRETTY_NAME="Puck lab"\n'

# Debian's signed GRUB looks for its configuration in /grub, the one built for 32 bits in /boot/grub.
GRUB_CFG = """\
echo "PUCK-LAB: grub.cfg from $net_default_server over $net_default_interface"
linux /vmlinuz {arguments}
echo "PUCK-LAB: GRUB has the kernel"
initrd /initrd.img
echo "PUCK-LAB: GRUB has the initrd"
boot
"""


def build_run(root, arguments):
    """shim, GRUB and its configuration: what starts Debian's installer."""
    link(packages.find("usr/lib/shim/shimx64.efi.signed"), f"{root}/shimx64.efi")
    link(packages.find("usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed"), f"{root}/grubx64.efi")
    write(f"{root}/grub/grub.cfg", GRUB_CFG.format(arguments=arguments))


def build_test(root, arguments):
    """And everything else that a UEFI machine may be given as boot file."""
    build_run(root, arguments)
    link(packages.find("usr/lib/SYSLINUX.EFI/efi64/syslinux.efi"), f"{root}/syslinux.efi")
    link(packages.find("usr/lib/syslinux/modules/efi64/ldlinux.e64"), f"{root}/ldlinux.e64")
    link(packages.find("usr/lib/ipxe/snponly.efi"), f"{root}/snponly.efi")
    link(uefi.shell("uefi"), f"{root}/shellx64.efi")
    link(uefi.shell("uefi32"), f"{root}/shellia32.efi")
    build_uki(f"{root}/uki.efi", f"{root}/vmlinuz", f"{root}/initrd.img", arguments)
    _build_grub_modules(root)


def build_uki(target, kernel, initrd, arguments):
    """A unified kernel image: systemd's stub with kernel, initrd and command line as sections."""
    parts = {".osrel": OS_RELEASE, ".cmdline": arguments, ".linux": kernel, ".initrd": initrd}
    command = [packages.installed("objcopy")]
    for section, address in UKI_SECTIONS:
        source = parts[section]
        if section in (".osrel", ".cmdline"):
            source = f"{target}{section}"
            write(source, parts[section])
        command += ["--add-section", f"{section}={source}", "--change-section-vma", f"{section}={address:#x}"]
    uefi.run([*command, packages.find("usr/lib/systemd/boot/efi/linuxx64.efi.stub"), target])
    for section in (".osrel", ".cmdline"):
        os.unlink(f"{target}{section}")
    os.chmod(target, 0o644)


def _build_grub_modules(root):
    """GRUB for both word sizes below boot/grub, as grub-mknetdir makes it: core.efi, and modules beside it."""
    for platform in ("x86_64-efi", "i386-efi"):
        modules = os.path.dirname(packages.find(f"usr/lib/grub/{platform}/moddep.lst"))
        done = subprocess.run(
            [packages.command("grub-mknetdir", "boot"), f"--net-directory={root}", "--subdir=boot/grub", "-d", modules,
             "--modules=echo linux normal test tftp net efinet configfile halt reboot", "--locales=", "--fonts=", "--themes="],
            env=packages.environment("boot"), capture_output=True, text=True)
        if done.returncode != 0 or not glob.glob(f"{root}/boot/grub/{platform}/core.efi"):
            raise packages.Missing(f"grub-mknetdir: {done.stderr.strip()}")
