# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A private world for one lab: its own network, mounts and process numbers, none of them with a name outside.

Everything the lab starts lives in one process namespace whose first process is the lab itself. When that process ends,
however it ends, the kernel kills the rest, and with the last process the network and the mounts are gone. So nothing is
left behind even when the lab is killed with SIGKILL, and any number of labs run side by side.
"""
import ctypes
import os
import signal
import subprocess
import sys
import time

from . import packages

CLONE_NEWNS = 0x00020000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_NOSUID_NODEV = 0x6
MS_BIND = 0x1000
MS_MOVE = 0x2000
MS_REC_PRIVATE = 0x4000 | 0x40000
PR_SET_PDEATHSIG = 1

BRIDGE = "br0"
TAPS = ("tap0", "tap1")  # one for each machine
TAP = TAPS[0]
SERVER = "192.168.111.130"
PROXY = "192.168.111.131"
PREFIX = 24

libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        error = ctypes.get_errno()
        raise packages.Missing(f"{what}: {os.strerror(error)} (needs root and a kernel with namespaces)")


def die_with_parent():
    """To be called in a new child: the kernel kills it when its parent dies."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def mount(source, target, kind="none", flags=0, data=None):
    """mount(2); names are encoded here, a failure is an exception."""
    encoded = [word.encode() if word is not None else None for word in (source, target, kind, data)]
    _check(libc.mount(encoded[0], encoded[1], encoded[2], flags, encoded[3]), f"mount {target}")


def run_private(main):
    """Runs main() as the first process of a new world and returns its exit status.

    SIGINT, SIGTERM and SIGHUP are passed on to it, so that it can write down what it has; if it is not gone 10 s later
    it is killed.
    """
    _check(libc.unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET), "unshare")
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        die_with_parent()
        os._exit(_first_process(main))
    deadline = None

    def pass_on(number, _frame):
        nonlocal deadline
        deadline = deadline or time.monotonic() + 10
        os.kill(child, number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        if deadline and time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.05)


def _first_process(main):
    """Exit status of main(), with every way out of it reported."""
    try:
        mount(None, "/", flags=MS_REC_PRIVATE)
        mount("proc", "/proc", "proc")
        status = main()
    except packages.Missing as error:
        print(f"lab: {error}", file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        status = 130
    except Exception:  # pylint: disable=broad-except
        import traceback
        traceback.print_exc()
        status = 2
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def make_dev(folder):
    """Gives the world a /dev of its own, with a /dev/log that no system logger listens on; `folder` is any empty one.

    in.tftpd and xinetd can report only through syslog.
    """
    mount("tmpfs", folder, "tmpfs", MS_NOSUID_NODEV, "mode=755")
    for name in ("null", "zero", "full", "random", "urandom", "tty", "net", "pts", "shm"):
        source, target = f"/dev/{name}", f"{folder}/{name}"
        if os.path.isdir(source):
            os.mkdir(target)
        elif os.path.exists(source):
            open(target, "wb").close()
        else:
            continue
        mount(source, target, flags=MS_BIND | 0x4000)
    mount(folder, "/dev", flags=MS_MOVE)


def make_network(machines=1, snooping=False):
    """A bridge that holds the server's address, and on it a tap for each machine.

    With `snooping` the bridge is the network's IGMP querier and sends a group's packets only where a report came from;
    until the first of its queries could have been answered (a second) it sends them everywhere, as bridges do.
    """
    with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w", encoding="ascii") as file:
        file.write("1")  # keeps the bridge's own announcements out of the captures
    multicast = "mcast_snooping 0"
    if snooping:
        multicast = "mcast_snooping 1 mcast_querier 1 mcast_igmp_version 2 mcast_query_response_interval 100"
    _ip(
        "link set lo up",
        f"link add {BRIDGE} type bridge stp_state 0 forward_delay 0 {multicast}",
        f"addr add {SERVER}/{PREFIX} dev {BRIDGE}",
        f"link set {BRIDGE} up",
        f"route add 224.0.0.0/4 dev {BRIDGE}",
        # A bridge whose ports all wait for a machine is not running, and Kea does not listen on one.
        "link add port0 type veth peer name nowhere", f"link set port0 master {BRIDGE}", "link set port0 up",
        "link set nowhere up",
    )
    for tap in TAPS[:machines]:
        _ip(f"tuntap add {tap} mode tap", f"link set {tap} master {BRIDGE}", f"link set {tap} up")


def bytes_sent():
    """What the servers of this network have sent, all frames counted."""
    with open("/proc/net/dev", encoding="ascii") as file:
        line = next(line for line in file if line.strip().startswith(f"{BRIDGE}:"))
    return int(line.split(":")[1].split()[8])


def make_port(name, peer, process):
    """A cable from the bridge into another process's network."""
    _ip(f"link add {name} type veth peer name {peer} netns {process}", f"link set {name} master {BRIDGE}",
        f"link set {name} up")


def _ip(*lines):
    for line in lines:
        done = subprocess.run([packages.installed("ip"), *line.split()], capture_output=True, text=True)
        if done.returncode != 0:
            raise packages.Missing(f"ip {line}: {done.stderr.strip()}")
