# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Our own EFI programs (tests/boot/efi) in OVMF: every call in every wrong state, boot programs that misbehave, and what is
left behind."""
from cases import NEXT_DEVICE, Case

PROGRAM = "{repository}/build/out/test/"

SHAPES = {
    "rom-e1000": ("--nic", "e1000"),
    "rom-virtio": ("--nic", "virtio"),
    "app-virtio": ("--nic", "virtio", "--start", "disk"),
}
SHAPES_32 = {
    "rom32-e1000": ("--nic", "e1000", "--firmware", "uefi32"),
    "app32-virtio": ("--nic", "virtio", "--start", "disk", "--firmware", "uefi32"),
}
MISBEHAVIOURS = ("return-success", "return-error", "exit-text", "nulls", "uninstall", "close", "keep-snp", "leave-callback")


def boots(program, shape, *arguments):
    """A lab whose boot file is one of the programs."""
    machine = {**SHAPES, **SHAPES_32}[shape]
    suffix = "ia32" if shape in SHAPES_32 else "x64"
    firmware = () if shape in SHAPES_32 else ("--firmware", "uefi")
    return (*firmware, *machine, "--no-stock-pxe", "--dhcp-filename", f"{program}.efi", "--file",
            f"{PROGRAM}{program}-{suffix}.efi:{program}.efi", *arguments)


def next_entry(shape):
    """Of a card with our ROM the next entry is the firmware's own HTTP boot."""
    return ">>Start HTTP Boot over" if shape.startswith("rom") else NEXT_DEVICE


def all_pass(program):
    """The program's own verdict."""
    return ("--expect", f"re:PUCK-TEST: {program}: [1-9][0-9]* passed, 0 failed", "--expect-not",
            f"re:PUCK-TEST: {program}: [0-9]+ passed, [1-9]")


def every_call():
    """Status and Mode, as UEFI 2.10 has them. SNP is ours in the ROM's driver only."""
    for shape in (*SHAPES, *SHAPES_32):
        yield Case(f"uefi-protocols-{shape}", boots("protocols", shape, *all_pass("protocols")))
    for shape in ("rom-e1000", "rom-virtio", "rom32-e1000"):
        yield Case(f"uefi-snp-{shape}", boots("snp", shape, *all_pass("snp")))


def misbehaviour():
    """Whatever the boot program did, the next boot entry follows."""
    for program in MISBEHAVIOURS:
        for shape in ("rom-e1000", "app-virtio"):
            # Exit() does not return. After success the firmware shows its menu.
            ends = "boot program exit-text" if program == "exit-text" else f"boot program {program} ends"
            follows = "Select Entry" if program == "return-success" else next_entry(shape)
            yield Case(f"uefi-{program}-{shape}", boots(
                program, shape, "--expect", ends, "--expect", follows, "--expect-not", "callback of a program that is gone",
                "--expect-not", "X64 Exception"))


def shell(*lines, nic=("--nic", "virtio"), programs=()):
    """A lab that runs lines in the EDK2 Shell, with programs on its disk."""
    files = [word for name in programs for word in ("--esp-file", f"{name}.efi={PROGRAM}{name}-x64.efi")]
    commands = [word for line in lines for word in ("--shell-command", line)]
    return ("--firmware", "uefi", *nic, "--start", "shell", "--esp-file", "puck-x64.efi={repository}/build/out/puck-x64.efi",
            *files, *commands)


def left_behind():
    """Runs of the application, and of the ROM's driver, counted before and after."""
    yield Case("uefi-count-20-runs", (*shell(
        "puck-x64.efi", "count.efi", "for %a run (1 20)", "puck-x64.efi", "endfor", "count.efi", programs=("count",)),
        "--dhcp-filename", "return-success.efi", "--file", f"{PROGRAM}return-success-x64.efi:return-success.efi",
        *all_pass("count")), seconds=240)
    for nic, rom in (("e1000", "8086-100e"), ("virtio", "1af4-1000")):
        yield Case(f"uefi-count-50-reconnects-{nic}", (*shell(
            "reconnect.efi", nic=("--nic", nic, "--rom", f"{{repository}}/build/out/rom/{rom}.rom"), programs=("reconnect",)),
            *all_pass("reconnect")), seconds=240)


def all_cases():
    """Every case."""
    yield from every_call()
    yield from misbehaviour()
    yield from left_behind()
