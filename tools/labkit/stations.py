# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Servers with a network stack and an address of their own, on the same bridge: two cannot share port 67 of one host."""
import os
import subprocess
import time

from . import dhcp, namespace, packages, servers

INTERFACE = "lan0"  # the station's own card, as it calls it
FIRST_ADDRESS = 132  # 192.168.111.132 and up; namespace.PROXY is the proxy's


def start(site, name, address, command, port):
    """Runs a command in a network namespace of its own, cabled to the bridge; it counts as ready when it has the port."""
    ip = packages.installed("ip")
    script = f"until {ip} link set {INTERFACE} up 2>/dev/null; do sleep 0.02; done; " \
             f"{ip} addr add {address}/{namespace.PREFIX} dev {INTERFACE}; " \
             f"{ip} route add 224.0.0.0/4 dev {INTERFACE}; {ip} route add 255.255.255.255 dev {INTERFACE}; exec \"$@\""
    log = open(os.path.join(site.logs, f"{name}.log"), "ab", buffering=0)
    log.write(("$ " + " ".join(command) + "\n").encode())
    child = subprocess.Popen([packages.installed("unshare"), "-n", "sh", "-c", script, "sh", *command],
                             stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                             env=packages.environment("servers"))
    site.children[name] = child
    deadline = time.monotonic() + 10  # until then `unshare` may not have left our namespace
    while os.readlink(f"/proc/{child.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
        if time.monotonic() > deadline:
            raise packages.Missing(f"{name}'s namespace does not come")
        time.sleep(0.01)
    namespace.make_port(f"port{address.rpartition('.')[2]}", INTERFACE, child.pid)
    site.ports.append((name, port, child.pid))


def proxy(site, arguments=()):
    """dnsmasq as a proxy: it gives boot files to those who have their address from somebody else."""
    words = {"filename": site.filename, "server": namespace.SERVER, "proxy": namespace.PROXY}
    command = [packages.command("dnsmasq", "servers"), "--no-daemon", "--conf-file=/dev/null", "--user=root",
               "--port=0", "--log-dhcp", f"--interface={INTERFACE}", "--bind-interfaces",
               f"--pid-file={servers.RUN}/proxy.pid",
               *(argument.format(**words) for argument in arguments or dhcp.PROXY_ARGUMENTS)]
    start(site, "proxy", namespace.PROXY, command, servers.PORT_DHCP)


def others(site, commands):
    """The programs of --station: NAME:PORT:COMMAND, where {address} stands for the address the station has."""
    for number, text in enumerate(commands):
        name, _, rest = text.partition(":")
        port, _, command = rest.partition(":")
        if not port.isdigit() or not command:
            raise packages.Missing(f"--station {text}: wants NAME:PORT:COMMAND")
        address = f"192.168.111.{FIRST_ADDRESS + number}"
        start(site, name, address, command.format(address=address).split(), int(port))
