# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The end-to-end cases of UEFI machines: our ROM and our application in OVMF, with real boot programs."""
import os
import subprocess

import cases
from cases import KS, NEXT_DEVICE, Case
from lab_itself import REPOSITORY
from labkit import content, content_uefi, uefi

ROM = "{repository}/build/out/rom/"

# Whose driver the card has, by the names of the cases: our ROM's, OVMF's, that of Debian's iPXE.
HOW = {
    "rom-e1000": ("--nic", "e1000"),
    "rom-virtio": ("--nic", "virtio"),
    "app-virtio": ("--nic", "virtio", "--start", "disk"),
    "app-e1000": ("--nic", "e1000", "--start", "disk"),
}
# When our boot entry fails the firmware's own comes next, and might do our work.
OURS = ("--expect-not", "BdsDxe: failed to")
SHIM_AND_GRUB = ("--expect", "PUCK-LAB: grub.cfg from 192.168.111.130", "--expect", "PUCK-LAB: GRUB has the initrd")
REACHES_INSTALLER = (*cases.REACHES_INSTALLER, *OURS)
FILES_OF_SHIM = ("--expect-file", "shimx64.efi", "--expect-file", "grubx64.efi", "--expect-file", "vmlinuz",
                 "--expect-file", "initrd.img")
ONE_EXCHANGE = ("--expect-dhcp", "discover=1:request=1:before=grubx64.efi")


def goes_on(how):
    """The boot entry behind ours: of our ROM's card one of the firmware's own, of our application's disk the next disk.

    The application also makes the firmware's PXE say that it starts, so there that is no sign.
    """
    return ("--expect", "re:>>Start (PXE|HTTP Boot) over" if how.startswith("rom") else NEXT_DEVICE)


def lab(how, *arguments, firmware="uefi"):
    """Arguments of one lab."""
    return ("--firmware", firmware, *HOW.get(how, how), *arguments)


def grub_cfg(arguments):
    """GRUB's configuration that boots the kernel with these arguments."""
    return {"grub/grub.cfg": f'linux /vmlinuz {arguments}\ninitrd /initrd.img\nboot\n'}


def real_installer():
    """shim, GRUB, and Debian's installer with its 40 MB initrd, which reports on the serial port by itself."""
    arguments = (f"{KS} quiet auto=true priority=critical url=http://192.168.111.130/preseed.cfg interface=auto "
                 "netcfg/get_nameservers=192.168.111.130 netcfg/get_hostname=puck netcfg/get_domain=lab")
    for how, dhcp in (("rom-e1000", "header"), ("app-virtio", "option-67")):
        yield Case(f"uefi-installer-{how}", lab(
            how, "--dhcp", dhcp, "--content", "installer", "--expect",
            f"re:PUCK-LAB: preseed early_command: .*{KS}", *FILES_OF_SHIM, "--pcap-bytes", "128"),
            grub_cfg(arguments), seconds=400)


def shim_and_grub():
    """Each driver with each way to name the boot file."""
    for how in HOW:
        for dhcp in ("header", "option-67", "proxy"):
            # The proxy is asked in a request of its own.
            count = () if dhcp == "proxy" else ONE_EXCHANGE
            yield Case(f"uefi-{dhcp}-{how}", lab(how, "--dhcp", dhcp, *SHIM_AND_GRUB, *REACHES_INSTALLER,
                                                 *FILES_OF_SHIM, *count))


def starts():
    """The other ways in which the application comes to run."""
    done = (*SHIM_AND_GRUB, *REACHES_INSTALLER)
    yield Case("uefi-shell", lab(("--nic", "virtio", "--start", "shell"), *done, *ONE_EXCHANGE))
    yield Case("uefi-shell-e1000", lab(("--nic", "e1000", "--start", "shell"), *done, *ONE_EXCHANGE))
    yield Case("uefi-grub-chainloader", lab(("--nic", "virtio", "--start", "grub"), "--expect",
                                            "PUCK-LAB: GRUB chainloads puck-x64.efi", *done, *ONE_EXCHANGE))
    # The firmware's PXE fetches the application. Both names in one answer: nobody asks twice.
    yield Case("uefi-pxe-one-exchange", lab(("--nic", "virtio", "--start", "pxe"), "--dhcp", "two-names", *done,
                                            "--expect-file", "puck-x64.efi", *ONE_EXCHANGE))
    # One name for everybody but Puck, who has to ask once more.
    yield Case("uefi-pxe-user-class", lab(
        ("--nic", "virtio", "--start", "pxe"), "--dhcp", "user-class", *done, "--expect-file", "puck-x64.efi",
        "--expect-dhcp", "discover=2:request=2:before=grubx64.efi"))
    yield Case("uefi-pxe-loop", lab(
        ("--nic", "virtio", "--start", "pxe"), "--dhcp-filename", "puck-x64.efi", "--expect", "option 77 holds the user class",
        "--expect", "Start HTTP Boot over"))
    yield Case("uefi-http", lab(("--nic", "virtio", "--start", "http"), "--dhcp", "http", *done))
    yield Case("uefi-architecture-x64", lab("rom-virtio", "--dhcp", "architecture", *done))
    # No driver is connected to a card that is no boot device; the application has to see to that.
    yield Case("uefi-card-unlisted", lab("app-virtio", "--card-unlisted", *done))


def machines():
    """Other machines than OVMF's usual one."""
    done = (*SHIM_AND_GRUB, *REACHES_INSTALLER, *FILES_OF_SHIM)
    # Firmware without a PXE stack has none to lend: everything comes through ours.
    for how in ("rom-virtio", "app-virtio"):
        yield Case(f"uefi-no-firmware-pxe-{how}", lab(how, "--no-stock-pxe", *done))
    # Memory above 4 GB, which not every card reaches.
    for how in ("rom-e1000", "rom-virtio"):
        yield Case(f"uefi-memory-5120-{how}", lab(how, "--memory", "5120", *done))
    yield Case("uefi-memory-512", lab("app-virtio", "--memory", "512", *done))
    yield Case("uefi-machine-pc", lab("rom-e1000", "--machine", "pc", *done))
    for nic in ("e1000e", "virtio-modern"):
        yield Case(f"uefi-rom-{nic}", lab(("--nic", nic), *done, *ONE_EXCHANGE))
    yield Case("uefi-lossy", lab("rom-virtio", "--relay", "{repository}/build/out/host/relay --delay 500 --seed 7 "
                                 "--loss 0.001", *done), seconds=240)


def boot_programs():
    """Boot programs other than shim, each through what it uses of the firmware's protocols."""
    for how in ("rom-e1000", "app-virtio"):
        yield Case(f"uefi-syslinux-{how}", lab(how, "--dhcp-filename", "syslinux.efi", *REACHES_INSTALLER,
                                               "--expect-file", "ldlinux.e64", "--expect-file", "initrd.img"))
        yield Case(f"uefi-grubnet-{how}", lab(how, "--dhcp-filename", "grubx64.efi", *SHIM_AND_GRUB,
                                              *REACHES_INSTALLER))
        yield Case(f"uefi-snponly-{how}", lab(
            how, "--dhcp", "ipxe", "--dhcp-filename", "snponly.efi", "--expect", "PUCK-LAB: iPXE script runs",
            *REACHES_INSTALLER, "--expect-file", "initrd.img"))
        yield Case(f"uefi-efi-shell-{how}", lab(how, "--dhcp-filename", "shellx64.efi", "--expect",
                                                "UEFI Interactive Shell", "--expect", "Shell>"))
        yield Case(f"uefi-uki-{how}", lab(how, "--dhcp-filename", "uki.efi", *REACHES_INSTALLER))
        # Debian's kernel has no command line of its own and is given none, so it ends where it misses a root file
        # system. It says so in its log only, which nobody shows without a command line.
        yield Case(f"uefi-efi-stub-{how}", lab(
            how, "--dhcp-filename", "vmlinuz", "--expect-file", "vmlinuz", "--expect-memory",
            "re:VFS: Unable to mount root fs on unknown-block\\(0,0\\)"))


def ia32():
    """The same on 32-bit firmware."""
    done = ("--expect", "PUCK-LAB: grub.cfg from 192.168.111.130", *REACHES_INSTALLER, "--expect-file",
            "boot/grub/i386-efi/core.efi")
    for how in HOW:
        if how != "app-e1000":  # iPXE's ROM is for 64 bits
            yield Case(f"uefi32-{how}", lab(how, "--dhcp", "architecture", *done, firmware="uefi32"))
    yield Case("uefi32-wrong-machine", lab("app-virtio", "--dhcp-filename", "shimx64.efi", "--expect",
                                           "It is made for", "--expect", NEXT_DEVICE, firmware="uefi32"), seconds=60)


def reconnected():
    """The driver in the ROM leaves its card and comes back (cases_efi_programs.py counts what is left); it still boots."""
    yield Case("uefi-reconnected", lab(
        ("--nic", "e1000", "--start", "shell", "--rom", ROM + "8086-100e.rom"), "--shell-command",
        "for %a run (1 5)", "--shell-command", "reconnect -r", "--shell-command", "echo PUCK-LAB: reconnected %a",
        "--shell-command", "endfor", "--shell-command", "exit 1", "--expect", "PUCK-LAB: reconnected 5", *SHIM_AND_GRUB,
        *REACHES_INSTALLER, "--no-disk"))


def links():
    """Cables."""
    for how in HOW:
        after = "re:failed to load .*UEFI PXEv4 .* 2" if how.startswith("rom") else NEXT_DEVICE
        yield Case(f"uefi-no-link-{how}", lab(how, "--link-down", "--expect", "PXE-E61", "--expect", after), seconds=150)
    for how in ("rom-e1000", "rom-virtio", "app-virtio"):
        yield Case(f"uefi-late-link-{how}", lab(how, "--link-down-for", "12", *SHIM_AND_GRUB, *REACHES_INSTALLER))
    # memtest writes to all free memory and reads it back while the kernel starts; later, freed pages hold a pattern.
    intact = ("--flood", "3000", *SHIM_AND_GRUB, "--expect", "PUCK-LAB: memory intact", *REACHES_INSTALLER,
              "--expect-not", "memory damaged", "--pcap-bytes", "64")
    for how in ("rom-e1000", "rom-virtio", "app-virtio"):
        yield Case(f"uefi-flood-{how}", lab(how, *intact), {"grub/grub.cfg": GRUB_MEMTEST}, seconds=240)
    # GRUB stops the card itself; here the firmware starts the kernel, and only our handler of ExitBootServices() does. A
    # card that still receives has some 250 buffers to fill: slowly, so that they last as long as the memory test.
    for nic in ("e1000", "e1000e"):
        yield Case(f"uefi-flood-uki-{nic}", lab(
            ("--nic", nic), "--dhcp-filename", "memtest.efi", "--flood", "33", "--flood-at", "BdsDxe: starting Boot",
            "--expect", "PUCK-LAB: memory intact", *REACHES_INSTALLER, "--expect-not", "memory damaged"),
            {"memtest.efi": _memtest_uki}, seconds=240)


GRUB_MEMTEST = f"""\
echo "PUCK-LAB: grub.cfg from $net_default_server"
linux /vmlinuz {KS} quiet memtest=2 page_poison=1
initrd /initrd.img
echo "PUCK-LAB: GRUB has the initrd"
boot
"""


def _memtest_uki(path):
    """A unified kernel image whose kernel writes 17 patterns to all free memory and reads them back."""
    served = content.build("test") + "/tftp"
    content_uefi.build_uki(path, f"{served}/vmlinuz", f"{served}/initrd.img", f"{KS} quiet memtest=17")


def failures():
    """What cannot work ends in a message with its number, and then in the next boot entry."""
    for how in ("rom-e1000", "app-virtio"):
        yield Case(f"uefi-no-dhcp-server-{how}", lab(how, "--servers", "none", "--expect", "PXE-E51", *goes_on(how)), seconds=240)
        yield Case(f"uefi-no-file-{how}", lab(how, "--dhcp-filename", "missing.efi", "--expect", "PXE-E3B",
                                              "--expect", "192.168.111.130", *goes_on(how)), seconds=60)
        yield Case(f"uefi-not-efi-{how}", lab(how, "--dhcp-filename", "pxelinux.0", "--expect",
                                              "does not begin as an EFI program does", *goes_on(how)), seconds=60)
        yield Case(f"uefi-truncated-{how}", lab(how, "--dhcp-filename", "cut.efi", "--expect", "It is cut",
                                                *goes_on(how)), {"cut.efi": _cut}, seconds=60)
        yield Case(f"uefi-escape-{how}", lab(how, "--servers", "none", "--key-at", "re:(?i)DHCP:esc", *goes_on(how)), seconds=40)


def _cut(path):
    with open(uefi.shell("uefi"), "rb") as file, open(path, "wb") as target:
        target.write(file.read(300000))


def _signed(path):
    """Our application as `make sign` makes it, with the key that --secure-boot enrols."""
    key, certificate = uefi.key_pair()
    done = subprocess.run(["make", "-s", "-C", REPOSITORY, "sign", f"KEY={key}", f"CERT={certificate}"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"make sign: {done.stderr.strip()}")
    with open(os.path.join(REPOSITORY, "build/out/signed/puck-x64.efi"), "rb") as file, open(path, "wb") as target:
        target.write(file.read())


def _tampered(path):
    """The same with one byte of its code changed."""
    _signed(path)
    with open(path, "r+b") as file:
        file.seek(0x1000)
        byte = file.read(1)[0]
        file.seek(0x1000)
        file.write(bytes((byte ^ 1,)))


def _tampered_shim(path):
    """shim with one byte of its code changed."""
    with open(uefi.packages.find("usr/lib/shim/shimx64.efi.signed"), "rb") as file:
        data = bytearray(file.read())
    data[0x2000] ^= 1
    with open(path, "wb") as file:
        file.write(data)


def secure_boot():
    """Microsoft's keys and our own are enrolled, as somebody would do who signs Puck."""
    done = (*SHIM_AND_GRUB, *REACHES_INSTALLER)
    app = ("--nic", "virtio", "--start", "disk", "--secure-boot", "--app", "{dir}/app.efi")
    signed, refused = {"app.efi": _signed}, ("--expect", "re:PXE-E.*Secure Boot")
    yield Case("uefi-secure-boot-signed", lab(app, *done), signed)
    yield Case("uefi-secure-boot-rom", lab(("--nic", "e1000", "--secure-boot"), *done))
    yield Case("uefi-secure-boot-unsigned-app", lab(
        ("--nic", "virtio", "--start", "disk", "--secure-boot"), "--expect", "re:failed to load.*Access Denied",
        "--expect", NEXT_DEVICE), seconds=60)
    yield Case("uefi-secure-boot-tampered-app", lab(app, "--expect", "re:failed to load.*Access Denied", "--expect",
                                                    NEXT_DEVICE), {"app.efi": _tampered}, seconds=60)
    yield Case("uefi-secure-boot-unsigned-file", lab(app, "--dhcp-filename", "shellx64.efi", *refused, "--expect",
                                                     NEXT_DEVICE), signed, seconds=60)
    yield Case("uefi-secure-boot-tampered-file", lab(app, "--dhcp-filename", "tampered.efi", *refused, "--expect",
                                                     NEXT_DEVICE), {**signed, "tampered.efi": _tampered_shim}, seconds=60)


def all_cases():
    """Every case."""
    yield from real_installer()
    for group in (shim_and_grub, starts, machines, boot_programs, ia32, reconnected, links, failures, secure_boot):
        yield from group()
