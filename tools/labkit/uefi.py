# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A UEFI machine: OVMF and its variables, and the EFI system partition from which the application is started."""
import fcntl
import os
import shutil
import struct
import subprocess

from . import efi_variables, efi_volume, files, packages

# What --firmware takes besides bios: OVMF's code and variables, the removable-media name, what GRUB calls the platform,
# the application as built.
KINDS = {
    "uefi": ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", "BOOTX64.EFI", "x86_64-efi", "puck-x64.efi"),
    # Debian's 32-bit build is the one with Secure Boot; with empty variables that is off.
    "uefi32": ("OVMF32_CODE_4M.secboot.fd", "OVMF32_VARS_4M.fd", "BOOTIA32.EFI", "i386-efi", "puck-ia32.efi"),
}
SECURE_CODE, SECURE_VARIABLES = "OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd"

# How the application comes to run: --start.
STARTS = {
    "rom": "the firmware's boot entry of the card's ROM",
    "disk": "the application is EFI/BOOT/BOOTX64.EFI of a disk",
    "shell": "the EDK2 Shell starts it from a disk",
    "grub": "GRUB's chainloader, from a disk",
    "pxe": "the firmware's own PXE boot fetches the boot file",
    "http": "the firmware's own HTTP boot fetches the boot file",
}
FROM_DISK = ("disk", "shell", "grub")

PARTITION_START, DISK_SECTORS = 2048, 128 << 11
SHELL_COUNTDOWN = "to skip startup.nsh"
GRUB_DISK_MODULES = "boot chain configfile echo fat halt normal part_msdos reboot search sleep test true"

GRUB_CHAIN = """\
echo "PUCK-LAB: GRUB chainloads {name}"
chainloader /{name}
boot
echo "PUCK-LAB: the boot program returned to GRUB"
sleep 1000
"""


def defaults(options):
    """Fills in what depends on the firmware."""
    bios = options.firmware == "bios"
    options.memory = options.memory or ("512" if bios else "1024")
    options.cpu = options.cpu or (None if bios else "max,la57=off")
    if bios and (options.start != "rom" or options.secure_boot or options.vars):
        raise packages.Missing("--start, --secure-boot and --vars are for --firmware uefi or uefi32")
    if options.secure_boot and options.firmware != "uefi":
        raise packages.Missing("--secure-boot: Debian has keys for --firmware uefi only")
    names = {"bios": "pxelinux.0", "uefi": "shimx64.efi", "uefi32": "boot/grub/i386-efi/core.efi"}
    options.dhcp_filename = options.dhcp_filename or names[options.firmware]


def application_name(options):
    """What our application is called on a server."""
    return KINDS[options.firmware][4] if options.firmware in KINDS else ""


def firmware_file(name):
    """A file of Debian's OVMF packages."""
    return packages.find(f"usr/share/OVMF/{name}")


def work_folder():
    """Where things that take long to make are kept."""
    folder = os.path.join(packages.REPOSITORY, "build/lab/uefi")
    os.makedirs(folder, exist_ok=True)
    return folder


def _kept(name, make):
    """The path of a file that is made once; several labs may want it at the same time."""
    path = os.path.join(work_folder(), name)
    with open(path + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            make(path + ".part")
            os.replace(path + ".part", path)
    return path


def shell(kind):
    """The EDK2 Shell for a kind of firmware."""
    def make(path):
        files.write(path, efi_volume.image(firmware_file(KINDS[kind][0])))
    return _kept(f"shell-{kind}.efi", make)


def grub(platform, config, target):
    """A GRUB that runs the text `config`, and needs nothing but itself."""
    config_path = target + ".cfg"
    files.write(config_path, config)
    modules = os.path.dirname(packages.find(f"usr/lib/grub/{platform}/moddep.lst"))
    run([packages.command("grub-mkimage", "boot"), "-O", platform, "-d", modules, "-o", target, "-p", "/", "-c",
         config_path, "--disable-shim-lock", *GRUB_DISK_MODULES.split()], packages.environment("boot"))
    os.unlink(config_path)


def run(command, environment=None):
    """Runs a tool of the host; its complaint becomes ours."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise packages.Missing(f"{os.path.basename(command[0])}: {(done.stderr or done.stdout).strip()}")


def key_pair():
    """(key, certificate) of this lab, PEM; made once. `--secure-boot` enrols it."""
    folder = work_folder()
    key, certificate = f"{folder}/lab.key", f"{folder}/lab.crt"

    def make(path):
        run([packages.installed("openssl"), "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "3650",
             "-subj", "/CN=Puck lab/", "-keyout", path, "-out", certificate])
    _kept("lab.key", make)
    return key, certificate


def sign(source, target):
    """Signs an image with the key of this lab."""
    key, certificate = key_pair()
    run([packages.installed("sbsign"), "--key", key, "--cert", certificate, "--output", target, source])


def _der(path):
    """The bytes of a certificate, PEM or DER."""
    with open(path, "rb") as file:
        data = file.read()
    if not data.startswith(b"-----"):
        return data
    return subprocess.run([packages.installed("openssl"), "x509", "-in", path, "-outform", "DER"], check=True,
                          capture_output=True).stdout


def variables(options, target):
    """This machine's own copy of the firmware's variables."""
    source = options.vars or firmware_file(SECURE_VARIABLES if options.secure_boot else KINDS[options.firmware][1])
    with open(source, "rb") as file:
        data = file.read()
    if options.secure_boot:
        for certificate in (key_pair()[1], *options.enrol):
            data = efi_variables.enrol(data, _der(certificate))
    files.write(target, data)
    return target


def application(options):
    """The program that --start starts: ours as built, unless --app names another."""
    path = options.app or os.path.join(packages.REPOSITORY, "build/out", KINDS[options.firmware][4])
    if not os.path.exists(path):
        raise packages.Missing(f"no application at {path}: run make, or give --app")
    return path


def disk(path, held):
    """A disk with an EFI system partition that holds the files (name: host path or bytes)."""
    tree = path + ".tree"
    shutil.rmtree(tree, ignore_errors=True)
    os.makedirs(tree)
    for name, source in held.items():
        if isinstance(source, bytes):
            files.write(f"{tree}/{name}", source)
        else:
            files.link(source, f"{tree}/{name}")
    entry = struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", 0xEF, b"\xfe\xff\xff", PARTITION_START,
                        DISK_SECTORS - PARTITION_START)
    with open(path, "wb") as file:
        file.write(bytes(440) + b"PUCK\0\0" + entry + bytes(48) + b"\x55\xaa")
        file.truncate(DISK_SECTORS * 512)
    partition = f"{path}@@{PARTITION_START * 512}"
    run([packages.installed("mformat"), "-i", partition, "-h", "64", "-s", "32", "-T",
         str(DISK_SECTORS - PARTITION_START), "-H", str(PARTITION_START), "::"])
    names = sorted(os.listdir(tree))
    run([packages.installed("mcopy"), "-i", partition, "-s", "-Q", "-o", *(f"{tree}/{name}" for name in names), "::/"])
    shutil.rmtree(tree)
    return path


def start_files(options):
    """What the disk of --start holds."""
    _, _, boot_name, platform, name = KINDS[options.firmware]
    removable = f"EFI/BOOT/{boot_name}"
    held = {}
    if options.start == "disk":
        held[removable] = application(options)
    elif options.start == "shell":
        held[removable] = shell(options.firmware)
        lines = ["@echo -off", "fs0:", *(options.shell_command or [name])]
        held["startup.nsh"] = "".join(f"{line}\r\n" for line in lines).encode()
    else:
        made = os.path.join(options.out, "grub.efi")
        grub(platform, GRUB_CHAIN.format(name=name), made)
        held[removable] = made
    if options.start == "grub" or options.start == "shell" and not options.shell_command or options.app:
        held[name] = application(options)
    for added in options.esp_file:
        added_name, _, path = added.partition("=")
        if not path or not os.path.isfile(path):
            raise packages.Missing(f"--esp-file {added}: wants NAME=PATH")
        held[added_name] = path
    return held


def next_disk(options, text):
    """A disk whose boot program prints a line: the boot entry behind the one under test."""
    _, _, boot_name, platform, _ = KINDS[options.firmware]

    def make(path):
        grub(platform, f'echo "{text}"\nsleep 1000\n', path)
    program = _kept(f"next-{platform}.efi", make)
    if options.secure_boot:
        program = _kept(f"next-{platform}-signed.efi", lambda path: sign(_kept(f"next-{platform}.efi", make), path))
    return disk(os.path.join(options.out, "next.img"), {f"EFI/BOOT/{boot_name}": program})


def arguments(options, text):
    """QEMU's arguments for the firmware and the disks; the card's boot index is this function's second result."""
    code = SECURE_CODE if options.secure_boot else KINDS[options.firmware][0]
    needs_smm = "secboot" in code
    result = [
        *(("-global", "driver=cfi.pflash01,property=secure,value=on") if needs_smm else ()),
        "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={firmware_file(code)}",
        "-drive", f"if=pflash,format=raw,unit=1,file={variables(options, os.path.join(options.out, 'vars.fd'))}",
        "-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n",
    ]
    if options.no_stock_pxe or options.start == "http":
        result += ["-fw_cfg", "name=opt/org.tianocore/IPv4PXESupport,string=n"]
    disks = []
    if options.start in FROM_DISK:
        disks.append(("start", disk(os.path.join(options.out, "start.img"), start_files(options))))
    if not options.no_disk:
        disks.append(("next", next_disk(options, text)))
    card_first = options.start not in FROM_DISK
    for number, (name, path) in enumerate(disks, 2 if card_first else 1):
        result += ["-drive", f"if=none,id={name},format=raw,file={path}",
                   "-device", f"ide-hd,drive={name},bus=ide.{number % 2},bootindex={number}"]
    return result, 1 if card_first else len(disks) + 1


def machine_type(options):
    """QEMU's machine type: the build of OVMF with Secure Boot runs only with system management mode."""
    needs_smm = options.secure_boot or "secboot" in KINDS[options.firmware][0]
    return (options.machine or "q35") + (",smm=on" if needs_smm else "")
