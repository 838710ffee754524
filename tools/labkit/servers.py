# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The reference servers, each started as its manual says, in the foreground, with files below the lab's /srv.

A variant is a DHCP server and a TFTP server; nginx is there in every variant.
"""
import os
import socket
import subprocess
import threading
import time

from . import dhcp, namespace, packages

# The configuration of the reference site. Its text is fixed, so that what was seen there can be seen here.
DHCPD_CONF = """\
ddns-update-style interim;
ignore client-updates;
filename "{filename}";
next-server 192.168.111.130;
subnet 192.168.111.0 netmask 255.255.255.0 {{
    option routers 192.168.111.130;
    option subnet-mask 255.255.255.0;
    range dynamic-bootp 192.168.111.100 192.168.111.200;
    default-lease-time 21600;
    max-lease-time 43200;
}}
"""

XINETD_CONF = """\
service tftp
{{
    socket_type = dgram
    protocol    = udp
    wait        = yes
    user        = root
    server      = {server}
    server_args = {args}
    disable     = no
    per_source  = 11
    cps         = 100 2
    flags       = IPv4
    env         = LD_LIBRARY_PATH={libraries}
}}
"""

KEA_CONF = """\
{{ "Dhcp4": {{
    "interfaces-config": {{ "interfaces": [ "br0" ] }},
    "lease-database": {{ "type": "memfile", "persist": false }},
    "valid-lifetime": 21600,
    "next-server": "192.168.111.130",
    "boot-file-name": "{filename}",
    "subnet4": [ {{
        "subnet": "192.168.111.0/24",
        "pools": [ {{ "pool": "192.168.111.100 - 192.168.111.200" }} ],
        "option-data": [ {{ "name": "routers", "data": "192.168.111.130" }} ]
    }} ],
    "loggers": [ {{ "name": "kea-dhcp4", "severity": "DEBUG", "debuglevel": 40,
        "output_options": [ {{ "output": "stdout" }} ] }} ]
}} }}
"""

# bootpd knows its clients by their hardware address; ht=ether is 1, hn none.
BOOTPTAB = """\
.site:sm=255.255.255.0:gw=192.168.111.130:sa=192.168.111.130:td=/srv/tftp:hd=/:bs=auto:bf={filename}:
{clients}"""

NGINX_CONF = """\
daemon off;
master_process off;
pid {run}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    access_log {logs}/nginx-access.log;
    client_body_temp_path {run}/nginx-body;
    proxy_temp_path {run}/nginx-proxy;
    fastcgi_temp_path {run}/nginx-fastcgi;
    uwsgi_temp_path {run}/nginx-uwsgi;
    scgi_temp_path {run}/nginx-scgi;
    default_type application/octet-stream;
    server {{ listen 80; root /srv/www; autoindex on; }}
}}
"""

TFTP_ROOT = "/srv/tftp"
RUN = "/srv/run"
PORT_DHCP, PORT_TFTP, PORT_HTTP = 67, 69, 80


class Servers:
    """Starts servers, keeps their output in DIR/NAME.log, and knows when all of them listen."""

    def __init__(self, logs, filename, dhcp_arguments=(), tftp_arguments=(), dhcp_conf=None, preset=None,
                 application="", macs=()):
        self.logs = logs
        self.filename = filename
        self.dhcp_arguments = list(dhcp_arguments)
        self.tftp_arguments = list(tftp_arguments)
        self.dhcp_conf = dhcp_conf
        self.preset = preset
        self.application = application
        self.macs = list(macs)
        self.children = {}
        self.commands = {}
        self.ports = []

    def _start(self, name, package_set, *arguments, environment=None, port=None):
        """Runs an unpacked command; whatever it prints goes to its log."""
        self.commands[name] = (name, package_set, *arguments), {"environment": environment}
        command = [packages.command(name, package_set), *arguments]
        log = open(os.path.join(self.logs, f"{name}.log"), "ab", buffering=0)
        log.write(("$ " + " ".join(command) + "\n").encode())
        env = dict(packages.environment(package_set), **(environment or {}))
        self.children[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        if port:
            self.ports.append((name, port))

    def _write(self, name, text):
        """A configuration file; a copy stays with the logs."""
        for folder in (RUN, self.logs):
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)
        return os.path.join(RUN, name)

    def _dhcp_text(self, template):
        if self.dhcp_conf:
            with open(self.dhcp_conf, encoding="utf-8") as file:
                return file.read()
        return template.format(filename=self.filename)

    def dhcp_isc(self):
        """ISC dhcpd."""
        text = self._dhcp_text(DHCPD_CONF)
        if self.preset:
            text = dhcp.dhcpd_conf(self.preset, self.filename, self.application)
        conf = self._write("dhcpd.conf", text)
        leases = os.path.join(RUN, "dhcpd.leases")
        open(leases, "w", encoding="ascii").close()
        self._start("dhcpd", "servers", "-4", "-f", "-d", "-cf", conf, "-lf", leases, "-pf", f"{RUN}/dhcpd.pid",
                    *self.dhcp_arguments, namespace.BRIDGE, port=PORT_DHCP)

    def dhcp_kea(self):
        """Kea's kea-dhcp4."""
        conf = self._write("kea-dhcp4.conf", self._dhcp_text(KEA_CONF))
        places = {"KEA_PIDFILE_DIR": RUN, "KEA_LOCKFILE_DIR": RUN}
        self._start("kea-dhcp4", "servers", "-d", "-c", conf, *self.dhcp_arguments, environment=places, port=PORT_DHCP)

    def bootp(self):
        """Debian's bootpd, which has learned DHCP too: each machine has an address of its own in the table."""
        clients = "".join(f"client{number}:tc=.site:ht=1:ha={mac.replace(':', '')}:ip=192.168.111.{100 + number}:\n"
                          for number, mac in enumerate(self.macs))
        conf = self._write("bootptab", BOOTPTAB.format(filename=self.filename, clients=clients))
        self._start("bootpd", "servers", "-s", "-d4", "-c", TFTP_ROOT, *self.dhcp_arguments, conf, port=PORT_DHCP)

    def capture(self, size):
        """tcpdump on the bridge: every frame once, also when two machines get it, in bridge.pcap."""
        self._start("tcpdump", "servers", "-i", namespace.BRIDGE, "-n", "-s", str(size), "-B", "16384", "-Z", "root",
                    "-w", os.path.join(self.logs, "bridge.pcap"))

    def tftp_standalone(self):
        """tftpd-hpa's in.tftpd by itself."""
        self._start("in.tftpd", "servers", "-L", "-4", "-v", "-v", "-v", *self.tftp_arguments, "-s", TFTP_ROOT,
                    port=PORT_TFTP)

    def tftp_xinetd(self):
        """in.tftpd started by xinetd at the first packet, as the reference site has it."""
        arguments = " ".join([*self.tftp_arguments, "-s", TFTP_ROOT])
        conf = self._write("xinetd.conf", XINETD_CONF.format(
            server=packages.command("in.tftpd", "servers"), args=arguments,
            libraries=packages.environment("servers")["LD_LIBRARY_PATH"]))
        self._start("xinetd", "servers", "-dontfork", "-f", conf, "-pidfile", f"{RUN}/xinetd.pid", port=PORT_TFTP)

    def tftp_atftpd(self):
        """atftpd."""
        self._start("atftpd", "atftpd", "--daemon", "--no-fork", "--user", "root", "--group", "root", "--verbose=7",
                    "--logfile", "-", *self.tftp_arguments, TFTP_ROOT, port=PORT_TFTP)

    def dnsmasq(self):
        """dnsmasq for both DHCP and TFTP."""
        arguments = ["--no-daemon", "--conf-file=/dev/null", "--user=root", "--port=0", "--log-dhcp",
                     f"--interface={namespace.BRIDGE}", "--bind-interfaces", f"--pid-file={RUN}/dnsmasq.pid",
                     "--dhcp-range=192.168.111.100,192.168.111.200,6h", f"--dhcp-leasefile={RUN}/dnsmasq.leases",
                     f"--dhcp-boot={self.filename},,{namespace.SERVER}",
                     "--enable-tftp", f"--tftp-root={TFTP_ROOT}", *self.dhcp_arguments, *self.tftp_arguments]
        self.ports.append(("dnsmasq", PORT_DHCP))
        self._start("dnsmasq", "servers", *arguments, port=PORT_TFTP)

    def nginx(self):
        """The web server for ks.cfg, preseed.cfg and the install tree."""
        conf = self._write("nginx.conf", NGINX_CONF.format(run=RUN, logs=self.logs))
        self._start("nginx", "servers", "-e", "stderr", "-p", RUN, "-c", conf, port=PORT_HTTP)

    def kill(self, name):
        """Ends a server as a crash does."""
        if name not in self.commands:
            raise packages.Missing(f"no server {name} here: there are {', '.join(self.commands)}")
        child = self.children.pop(name)
        child.kill()
        child.wait()

    def start_again(self, name):
        """Starts a server that was killed, as it was."""
        words, keywords = self.commands[name]
        self._start(*words, **keywords)

    def check(self):
        """The name of a server that has ended, or None."""
        return next((name for name, child in self.children.items() if child.poll() is not None), None)

    def wait_ready(self, timeout=20):
        """Returns when every port is open; says which server did not come up."""
        deadline = time.monotonic() + timeout
        while True:
            ended = self.check()
            if ended:
                raise packages.Missing(f"{ended} has ended; see {self.logs}/{ended}.log:\n{self._tail(ended)}")
            closed = [port[0] for port in self.ports if port[1] not in _open_ports(*port[2:])]
            if not closed:
                return
            if time.monotonic() > deadline:
                raise packages.Missing(f"{', '.join(closed)} not listening after {timeout} s; see {self.logs}")
            time.sleep(0.05)

    def _tail(self, name):
        with open(os.path.join(self.logs, f"{name}.log"), encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-5:])

    def stop(self):
        """Ends them; whatever does not end is killed with the world they live in."""
        if "tcpdump" in self.children:
            time.sleep(1.2)  # it gets frames from the kernel by the second
            self.children["tcpdump"].terminate()
            self.children["tcpdump"].wait(10)
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()


def _open_ports(process="self"):
    ports = set()
    for table, states in (("udp", {"07"}), ("tcp", {"0A"})):
        with open(f"/proc/{process}/net/{table}", encoding="ascii") as file:
            for line in file.readlines()[1:]:
                fields = line.split()
                if fields[3] in states:
                    ports.add(int(fields[1].split(":")[1], 16))
    return ports


def start_syslog(path):
    """Writes what programs send to /dev/log into a file; needs the lab's own /dev."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind("/dev/log")
    os.chmod("/dev/log", 0o666)

    def copy():
        with open(path, "ab", buffering=0) as file:
            while True:
                file.write(sock.recv(8192).rstrip(b"\0\n") + b"\n")

    threading.Thread(target=copy, daemon=True).start()


VARIANTS = {
    "isc+tftpd-hpa-xinetd": (Servers.dhcp_isc, Servers.tftp_xinetd),
    "isc+tftpd-hpa": (Servers.dhcp_isc, Servers.tftp_standalone),
    "dnsmasq": (Servers.dnsmasq,),
    "kea+atftpd": (Servers.dhcp_kea, Servers.tftp_atftpd),
    "isc+atftpd": (Servers.dhcp_isc, Servers.tftp_atftpd),
    "bootpd+tftpd-hpa": (Servers.bootp, Servers.tftp_standalone),
    "isc": (Servers.dhcp_isc,),
    "tftpd-hpa": (Servers.tftp_standalone,),
    "none": (),
}
