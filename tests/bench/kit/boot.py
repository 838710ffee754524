# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One boot of a machine behind the relay, with a hard time limit, and what was recorded of it."""
import glob
import json
import os
import shutil
import socket
import subprocess
import time

from labkit import machine, namespace, packages, uefi

from . import wire

MAC = "52:54:00:12:34:56"
HOST = os.path.join(packages.REPOSITORY, "build/out/host")
STARTED_TRIES = 200
START_LIMIT = {"bios": 60, "uefi": 120}
# SeaBIOS after every boot entry has failed; OVMF's boot manager after the first has.
NOTHING_BOOTS = (b"No bootable device", b"BdsDxe: failed to ")


class Failed(Exception):
    """A boot that did not do what is to be measured."""


class Plan:
    """What to boot and how long to wait: until `until` shows on the debug console or the serial port.

    `since` is a text too, `since_file` a file: when the one has shown or the other was asked for, the boot is cut
    `limit` seconds later; that has to be within START_LIMIT. Without it `limit` counts from power-on.
    """

    def __init__(self, side, nic, until, limit, since=None, since_file=None, round_trip_ms=0.0, counts=None,
                 profile=None, loaded=None, memory=256, firmware="bios"):
        self.rom = side.rom
        self.program = side.program
        self.chain = side.chain
        self.nic = nic
        self.firmware = firmware
        self.until = until.encode()
        self.limit = limit
        self.since = since.encode() if since else None
        self.since_file = since_file
        self.round_trip_ms = round_trip_ms
        self.counts = counts        # None, "insn" or "mem": run under the counting plugin
        self.profile = profile      # file for the plugin's profile
        self.loaded = loaded and loaded.encode()    # a text that ends the profile before `until`
        self.memory = memory


class Result:
    """What a boot left behind."""

    def __init__(self, log, seen_wire, power_on, finished, link):
        self.log = log
        self.wire = seen_wire
        self.power_on = power_on
        self.finished = finished    # False: cut by the time limit
        self.link = link            # the relay's counters
        self.samples = None
        self.starved = 0.0          # share of the time in which the host did not let QEMU run


class Qmp:
    """Just enough of QEMU's control protocol."""

    def __init__(self, path, process):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(120)
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if process.poll() is not None:
                    raise Failed("QEMU does not start") from None
                time.sleep(0.02)
        self.file = self.socket.makefile("rwb", buffering=0)
        self.file.readline()
        self.execute("qmp_capabilities")

    def execute(self, command):
        """Runs a command without arguments."""
        self.file.write(json.dumps({"execute": command}).encode() + b"\n")
        for line in self.file:
            message = json.loads(line)
            if "return" in message or "error" in message:
                return
        raise Failed(f"QEMU has ended before {command}")


def pinned(cpu):
    """Has a child killed with us and, where there are two processors, bound to one: QEMU to 0, the rest to 1."""
    def prepare():
        namespace.die_with_parent()
        allowed = sorted(os.sched_getaffinity(0))
        if len(allowed) > 1:
            os.sched_setaffinity(0, {allowed[cpu]})
    return prepare


def start_relay(out, plan):
    """The relay, listening for QEMU."""
    path = f"{out}/relay.sock"
    command = [f"{HOST}/relay", "--qemu", path, "--tap", namespace.TAP, "--snap", "700", "--pcap", f"{out}/wire.pcap",
               "--delay", str(plan.round_trip_ms * 500)]
    if plan.counts:
        command += ["--counters", f"{out}/counters", "--samples", f"{out}/samples"]
    relay = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, preexec_fn=pinned(1))
    for _ in range(STARTED_TRIES):
        if os.path.exists(path):
            return relay, path
        if relay.poll() is not None:
            break
        time.sleep(0.02)
    raise Failed("the relay does not start")


def firmware_arguments(plan, out):
    """The machine, its firmware and what is in it besides the card."""
    if plan.firmware == "bios":
        return ["-M", "pc,graphics=off"]
    code, variables, boot_name = (uefi.KINDS[plan.firmware][i] for i in range(3))
    shutil.copy(uefi.firmware_file(variables), f"{out}/variables.fd")
    arguments = ["-M", "q35", "-cpu", "max,la57=off",
                 "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={uefi.firmware_file(code)}",
                 "-drive", f"if=pflash,format=raw,unit=1,file={out}/variables.fd"]
    if plan.program:
        uefi.disk(f"{out}/esp.img", {f"EFI/BOOT/{boot_name}": plan.program})
        arguments += ["-drive", f"if=none,id=esp,format=raw,file={out}/esp.img",
                      "-device", "ide-hd,drive=esp,bootindex=1"]
    return arguments


def qemu_command(qemu, out, plan, relay_path):
    """QEMU's command line, stopped before the first instruction."""
    device = machine.NICS[plan.nic][0]
    command = [*qemu.split(), *firmware_arguments(plan, out), "-accel", "tcg", "-m", str(plan.memory), "-nodefaults",
               "-vga", "std", "-display", "none", "-no-reboot", "-S", "-serial", f"file:{out}/serial.log",
               "-debugcon", f"file:{out}/debug.log",
               "-chardev", f"socket,id=qmp,path={out}/qmp,server=on,wait=off", "-mon", "chardev=qmp,mode=control",
               "-netdev", f"stream,id=net0,server=off,addr.type=unix,addr.path={relay_path}",
               "-device", f"{device},netdev=net0,mac={MAC},romfile={plan.rom},"
               f"bootindex={2 if plan.program else 1}"]
    if plan.counts:
        plugin = f"{HOST}/insn.so,counters={out}/counters"
        plugin += ",mem=1" if plan.counts == "mem" else ""
        plugin += f",hot={plan.profile}" if plan.profile else ""
        command += ["-plugin", plugin]
    with open(f"{out}/qemu.cmd", "w", encoding="utf-8") as file:
        file.write(" ".join(command) + "\n")
    return command


def read_log(out):
    """All that was said on the debug console and the serial port."""
    text = b""
    for name in ("debug.log", "serial.log"):
        try:
            with open(f"{out}/{name}", "rb") as file:
                text += file.read()
        except FileNotFoundError:
            pass
    return text


def set_window(out, value):
    """Tells the plugin when its profile begins (1) and ends (2)."""
    with open(f"{out}/counters", "r+b") as file:
        file.seek(24)
        file.write(value.to_bytes(8, "little"))


def seconds_kept_waiting():
    """How long QEMU's busiest thread was ready to run and not run, the host's processors being busy or taken away.

    In this world there is one QEMU, perhaps behind a wrapper.
    """
    waits = [0.0]
    for path in glob.glob("/proc/[0-9]*/task/[0-9]*/schedstat"):
        try:
            with open(os.path.join(os.path.dirname(path), "comm"), encoding="utf-8") as file:
                name = file.read()
            with open(path, encoding="ascii") as file:
                waits.append(int(file.read().split()[1]) / 1e9 if name.startswith(("qemu", "CPU")) else 0.0)
        except (OSError, IndexError):
            pass
    with open("/proc/stat", encoding="ascii") as file:
        stolen = int(file.readline().split()[8]) / os.sysconf("SC_CLK_TCK")
    return max(waits) + stolen


def wait(out, plan, qemu):
    """Waits until the text shows (True) or the time is over (False)."""
    lookout = wire.Lookout(f"{out}/wire.pcap", plan.since_file) if plan.since_file else None
    waits_to_start = bool(plan.since or lookout)
    start_limit = START_LIMIT[plan.firmware]
    deadline = time.monotonic() + (start_limit if waits_to_start else plan.limit)
    while time.monotonic() < deadline:
        if qemu.poll() is not None:
            raise Failed(f"QEMU has ended; see {out}")
        log = read_log(out)
        if waits_to_start and (lookout.has_passed() if lookout else plan.since in log):
            waits_to_start, deadline = False, time.monotonic() + plan.limit
            if plan.profile:
                set_window(out, 1)
        if plan.profile and plan.loaded and plan.loaded in log:
            set_window(out, 2)
        if plan.until in log:
            return True
        if any(text in log for text in NOTHING_BOOTS):
            raise Failed(f"nothing boots; see {out}/serial.log")
        time.sleep(0.05)
    if waits_to_start:
        raise Failed(f"nothing started within {start_limit} s; see {out}")
    return False


def run(qemu, out, plan):
    """Boots, waits, stops; returns the Result. Everything started is gone afterwards, whatever happens."""
    os.makedirs(out, exist_ok=True)
    for name in os.listdir(out):
        os.unlink(os.path.join(out, name))
    relay, path = start_relay(out, plan)
    process = None
    try:
        with open(f"{out}/qemu.log", "wb") as log:
            process = subprocess.Popen(qemu_command(qemu, out, plan, path), stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log, preexec_fn=pinned(0))
        qmp = Qmp(f"{out}/qmp", process)
        before, power_on = seconds_kept_waiting(), time.time()
        qmp.execute("cont")
        finished = wait(out, plan, process)
        waited = (seconds_kept_waiting() - before) / (time.time() - power_on)
        if plan.profile:
            set_window(out, 2)
            time.sleep(0.05)
        qmp.execute("quit")
        process.wait(10)
        counters = json.loads(relay.communicate(timeout=10)[0])
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{os.path.basename(error.cmd[0])} does not end; see {out}") from error
    except (OSError, ValueError) as error:
        raise Failed(f"{error}; see {out}") from error
    finally:
        for child in (process, relay):
            if child and child.poll() is None:
                child.kill()
                child.wait()
    after = plan.chain and os.path.basename(plan.chain)
    seen = wire.Wire(f"{out}/wire.pcap", MAC, after=after)
    result = Result(read_log(out).decode("latin-1"), seen, power_on, finished, counters)
    result.starved = waited
    if plan.counts:
        result.samples = wire.read_samples(f"{out}/samples")
    return result
