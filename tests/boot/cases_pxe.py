# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Proxies, menus and boot servers: dnsmasq and others beside an ISC dhcpd that gives addresses only, or that speaks PXE itself.

What dnsmasq 2.90 sends was read from captures: a service with a file is an item of type 8000h and up, whose boot server is
dnsmasq itself (tag 8, discovery control 3: by unicast only). A service that is a number is a boot server of that type: with an
address it is in the list, without one the discovery control is 2 (broadcast). One item brings a prompt of 0 seconds (the item
at once), several without --pxe-prompt bring 255 (the menu at once). A UEFI client gets an offer without option 43 and has to
ask port 4011, where one item is answered with its file and several with the menu.
"""
import socket
import struct

import cases
from cases import NEXT_DEVICE, Case
from labkit import wire

SERVER, PROXY, FIRST, SECOND = (f"192.168.111.{number}" for number in (130, 131, 132, 133))
GROUP = "224.0.1.2"
BIOS, X64 = "x86PC", "X86-64_EFI"
BOOT_SERVER = "{repository}/tests/servers/boot_server --address {{address}}"

# Whose driver the card has, and what boots there: pxelinux on BIOS, shim and GRUB on UEFI.
HOW = {
    "e1000e": ("--nic", "e1000e"),
    "virtio": ("--nic", "virtio"),
    "rom-e1000": ("--nic", "e1000", "--firmware", "uefi"),
    "app-virtio": ("--nic", "virtio", "--start", "disk", "--firmware", "uefi"),
}


def is_uefi(how):
    """Whether the machine has UEFI firmware."""
    return "--firmware" in HOW[how]


def system(how):
    """What dnsmasq calls the machine."""
    return X64 if is_uefi(how) else BIOS


def boot_file(how):
    """The boot file of the reference site."""
    return "shimx64.efi" if is_uefi(how) else "pxelinux.0"


def proxy(*arguments):
    """A dhcpd that gives addresses only, and dnsmasq as proxy with these arguments."""
    return ("--dhcp", "proxy", "--proxy-arg=--dhcp-range=192.168.111.0,proxy",
            *(f"--proxy-arg={argument}" for argument in arguments))


def service(how, text, what, server=SERVER):
    """One --pxe-service."""
    return f"--pxe-service={system(how)},{text},{what}" + (f",{server}" if server else "")


def boots(how, name=None):
    """The reference site comes up, by our work alone; its first file has another name in some cases."""
    ours = ("--expect-not", "BdsDxe: failed to") if is_uefi(how) else ()
    text = "PUCK-LAB: grub.cfg from" if is_uefi(how) else cases.AT_PROMPT
    return ("--expect-file", name or boot_file(how), "--expect", text, *ours)


def lab(how, *arguments):
    """Arguments of one lab."""
    return (*HOW[how], "--no-web", "--capture", "1600", *arguments)


def other_files(how):
    """The boot file under a second name, so that it shows which item was chosen."""
    return {"other.0": served(boot_file(how))}


def served(name):
    """A file of the reference content: what Case.files wants."""
    def copy(path):
        with open(f"{cases.lab_itself.REPOSITORY}/build/lab/test/tftp/{name}", "rb") as source, open(path, "wb") as target:
            target.write(source.read())
    return copy


# What the capture has to show.

def messages(folder):
    """The DHCP messages on the bridge."""
    return list(wire.dhcp(f"{folder}/bridge.pcap"))


def asks(server, item, port=4011, silent_for=0.0):
    """The boot server got a request for (type, layer) there; `silent_for`: so long after the last offer at least."""
    wanted = struct.pack(">HH", *item)

    def verify(folder):
        found = wire.requests_for_item(f"{folder}/bridge.pcap")
        here = [request for request in found if request.to == (server, port)]
        if not here:
            return f"no request to {server}:{port} for an item; there were {[request.to for request in found]}"
        if any(request.vendor[wire.BOOT_ITEM] != wanted for request in here):
            return f"asked for {[request.vendor[wire.BOOT_ITEM].hex() for request in here]} instead of {wanted.hex()}"
        addressed = [message.time for message in messages(folder) if message.kind == wire.ACK and message.to[1] == 68]
        waited = here[0].time - addressed[0]
        if waited < silent_for or waited > silent_for + 4:
            return f"asked {waited:.1f} s after the address came, prompt of {silent_for} s"
        return waits_for_proxy(folder)
    return verify


def waits(least, most, since=max):
    """The request for the address went out so many seconds after the last offer before it (since=min: the first one)."""
    def verify(folder):
        heard = messages(folder)
        offers = [message for message in heard if message.kind == wire.OFFER]
        requests = [message for message in heard if message.kind == wire.REQUEST and message.from_client and message.to[1] == 67]
        if not offers or not requests:
            return "no offer or no request"
        waited = requests[0].time - since(offer.time for offer in offers if offer.time < requests[0].time)
        return "" if least <= waited <= most else f"waited {waited:.2f} s after the {'first' if since is min else 'last'} offer, not {least} to {most}"
    return verify


# With a proxy's offer there is nothing left to wait for; the rule gives 60 ms at most, the rest is a busy host.
waits_for_proxy = waits(0, 0.5)


def asked_nobody(folder):
    """No discovery took place."""
    found = wire.requests_for_item(f"{folder}/bridge.pcap")
    return f"asked {[request.to for request in found]}" if found else ""


def one_item():
    """A single item, and the boot programs that go on from there: each reads the server's address out of what we kept."""
    # shows: PXE-2.2-a, PXE-2.2-c, PXE-2.2-f, PXE-3.2-e by proxy-*
    for how in HOW:
        # UEFI: dnsmasq answers a request to 4011 with the file; no item is asked for.
        verify = waits_for_proxy if is_uefi(how) else asks(PROXY, (0x8000, 0))
        yield Case(f"proxy-one-item-{how}", lab(how, *proxy(service(how, "Puck", boot_file(how))), *boots(how)), verify=verify)
    for how, name, text in (("virtio", "boot/grub/i386-pc/core.0", "PUCK-LAB: grub.cfg from 192.168.111.130"),
                            ("app-virtio", "grubx64.efi", "PUCK-LAB: grub.cfg from 192.168.111.130"),
                            ("virtio", "lpxelinux.0", cases.AT_PROMPT)):
        yield Case(f"proxy-{name.split('/')[-1]}-{how}", lab(
            how, *proxy(service(how, "Puck", name)), "--expect-file", name, "--expect", text), verify=waits_for_proxy)
    # The proxy is its own TFTP server: no address in the service, and the file has a suffix by which dnsmasq knows layers.
    yield Case("proxy-serves-files", lab(
        "virtio", *proxy(service("virtio", "Puck", "pxelinux", None), "--enable-tftp", "--tftp-root=/srv/tftp"),
        *boots("virtio")), verify=asks(PROXY, (0x8000, 0)))


def waiting():
    """How long a proxy is waited for where none is: dhcp.c's PROXY_WAIT without a boot file, 150 to 200 ms with one."""
    for how in ("virtio", "app-virtio"):
        yield Case(f"proxy-is-waited-for-{how}", lab(how, "--dhcp", "proxy", "--proxy-arg=--dhcp-range=192.168.111.0,proxy",
                                                     "--expect", "PXE-E53"), verify=waits(3.5, 4.6, min), seconds=60)
        yield Case(f"proxy-is-not-waited-for-{how}", lab(how, *boots(how)), verify=waits(0, 0.7))


def menus():
    """Two items, and one that is the local disk (type 0)."""
    # shows: PXE-2.4-a, PXE-2.4-c by menu-prompt-times-out-*
    # shows: PXE-2.4-b, PXE-2.4-d by menu-f8-*
    # shows: PXE-2.4-e by menu-local-disk-*
    # shows: PXE-2.4-a by menu-at-once
    for how in ("e1000e", "virtio", "rom-e1000", "app-virtio"):
        items = (service(how, "Reference site", boot_file(how)), service(how, "Other site", "other.0"),
                 f"--pxe-service={system(how)},Local disk,0")
        prompted = proxy("--pxe-prompt=Press F8 for the menu,3", *items)
        files = other_files(how)
        yield Case(f"menu-prompt-times-out-{how}", lab(
            how, *prompted, "--expect", "Press F8 for the menu", *boots(how)), files, verify=asks(PROXY, (0x8000, 0), 4011, 2.5))
        yield Case(f"menu-f8-{how}", lab(
            how, *prompted, "--key-at", "Press F8 for the menu:f8", "--key-at", "Other site:down,ret", "--expect", "Other site",
            *boots(how, "other.0")), files, verify=asks_for(PROXY, (0x8001, 0)))
        yield Case(f"menu-local-disk-{how}", lab(
            how, *prompted, "--key-at", "Press F8 for the menu:f8", "--key-at", "Local disk:down,down,ret", "--expect",
            next_entry(how)), files, verify=asked_no_item)
    # Several items and no prompt: dnsmasq says 255, the menu comes at once and waits.
    how = "virtio"
    yield Case("menu-at-once", lab(
        how, *proxy(service(how, "Reference site", boot_file(how)), service(how, "Other site", "other.0")), "--key-at",
        "Other site:down,ret", *boots(how, "other.0")), other_files(how), verify=asks_for(PROXY, (0x8001, 0)))


def next_entry(how):
    """What follows when we end with `boot the local disk`."""
    return "re:>>Start (PXE|HTTP Boot) over" if how.startswith("rom") else NEXT_DEVICE


def asks_for(server, item):
    """As asks(), whatever a person took to choose."""
    def verify(folder):
        found = [request for request in wire.requests_for_item(f"{folder}/bridge.pcap") if request.to[0] == server]
        wanted = struct.pack(">HH", *item)
        if not found or found[-1].vendor[wire.BOOT_ITEM] != wanted:
            return f"asked for {[request.vendor[wire.BOOT_ITEM].hex() for request in found]} instead of {wanted.hex()}"
        return waits_for_proxy(folder)
    return verify


def asked_no_item(folder):
    """No item was asked for: the local disk needs nobody."""
    return asked_nobody(folder) or waits_for_proxy(folder)


# An ISC dhcpd as boot server of type 15: it answers who asks for that item by broadcast to port 67, and nobody else.
BOOT_SERVER_CONF = """\
ddns-update-style none;
authoritative;
subnet 192.168.111.0 netmask 255.255.255.0 {{ }}
if substring(option vendor-encapsulated-options, 0, 6) = 47:04:00:0f:00:00 {{
    next-server 192.168.111.130;
    filename "{file}";
    option vendor-class-identifier "PXEClient";
    option vendor-encapsulated-options 47:04:00:0f:00:00:ff;
    option dhcp-parameter-request-list = concat(option dhcp-parameter-request-list, 3c, 2b);
    allow booting;
}} else {{
    deny booting;
}}
host machine {{ hardware ethernet 52:54:00:12:34:56; fixed-address 192.168.111.100; }}
"""


def pxe_conf(*tags, filename="", address="range 192.168.111.100 192.168.111.100;"):
    """A dhcpd that is the PXE server as well: option 43 with these (tag, value)s."""
    data = b"".join(bytes((tag, len(value))) + value for tag, value in tags) + b"\xff"
    name = f'    filename "{filename}";\n' if filename else ""
    return f"""\
ddns-update-style none;
subnet 192.168.111.0 netmask 255.255.255.0 {{
    option routers 192.168.111.130;
    {address}
    next-server 192.168.111.130;
{name}    option vendor-class-identifier "PXEClient";
    option vendor-encapsulated-options {data.hex(":")};
    option dhcp-parameter-request-list = concat(option dhcp-parameter-request-list, 3c, 2b);
}}
"""


def servers_list(kind, *addresses):
    """One entry of tag 8."""
    return struct.pack(">HB", kind, len(addresses)) + b"".join(map(socket.inet_aton, addresses))


def menu_entry(kind, text):
    """One entry of tag 9."""
    return struct.pack(">HB", kind, len(text)) + text.encode()


CONTROL, GROUP_TAG, LIST, MENU, PROMPT = 6, 7, 8, 9, 10
NO_BROADCAST, NO_MULTICAST, ONLY_LISTED, NO_DISCOVERY = 1, 2, 4, 8
FIFTEEN = (15, 0)


def speaks_pxe(*tags, **more):
    """A dhcpd that speaks PXE, and the file of its configuration."""
    return ("--dhcp-conf", "{dir}/dhcpd.conf"), {"dhcpd.conf": pxe_conf(*tags, **more)}


def server_of_type(name, how, *arguments, kind=15, file=None):
    """One of our own boot servers; `only` as its help says."""
    words = " ".join(("--type", str(kind), "--file", file or boot_file(how), "--tftp", SERVER, *arguments))
    return ("--station", f"{name}:4011:{BOOT_SERVER} {words}")


def discovery():
    """The three ways to find a boot server, each where only that way can work."""
    # shows: PXE-2.3-c by discovery-multicast-*
    # shows: PXE-2.3-d by discovery-broadcast-*
    # shows: PXE-2.3-e by discovery-list-*
    # shows: PXE-2.3-g by discovery-stranger
    # shows: PXE-2.3-k by discovery-foreign-type
    # shows: PXE-2.3-m by discovery-none
    for how in ("virtio", "rom-e1000", "app-virtio"):
        # dnsmasq is the proxy that names the type, an ISC dhcpd the boot server that hears the broadcast.
        yield Case(f"discovery-broadcast-{how}", lab(
            how, *proxy(service(how, "Fifteen", "15", None)), "--station",
            "dhcpd-boot-server:67:{repository}/tests/boot/as_boot_server {dir}/boot_server.conf", *boots(how)),
            {"boot_server.conf": BOOT_SERVER_CONF.format(file=boot_file(how))}, verify=asks("255.255.255.255", FIFTEEN, 67))
        yield Case(f"discovery-list-{how}", lab(
            how, *proxy(service(how, "Fifteen", "15", FIRST)), *server_of_type("listed", how, "--only", "unicast"),
            *boots(how)), verify=asks(FIRST, FIFTEEN))
        # Nothing that Debian has can hear a group: the boot server is our own.
        conf, files = speaks_pxe((CONTROL, bytes((NO_BROADCAST,))), (GROUP_TAG, socket.inet_aton(GROUP)),
                                 (MENU, menu_entry(15, "Fifteen")), (PROMPT, b"\0PXE"))
        yield Case(f"discovery-multicast-{how}", lab(
            how, *conf, *server_of_type("in-the-group", how, "--only", "multicast", "--group", GROUP), "--snooping",
            *boots(how)), files, verify=asks(GROUP, FIFTEEN))
    how = "virtio"
    # A server that is not on the list answers first, and names a file that does not exist.
    conf, files = speaks_pxe((CONTROL, bytes((NO_BROADCAST | ONLY_LISTED,))), (GROUP_TAG, socket.inet_aton(GROUP)),
                             (LIST, servers_list(15, SECOND)), (MENU, menu_entry(15, "Fifteen")), (PROMPT, b"\0PXE"))
    group = ("--group", GROUP)
    yield Case("discovery-stranger", lab(
        how, *conf, *server_of_type("stranger", how, *group, file="missing.0"),
        *server_of_type("listed", how, *group, "--replies", "3"), *boots(how)), files)
    # A server that answers with a type nobody asked for is not believed, the next one is.
    conf, files = speaks_pxe((CONTROL, bytes((NO_BROADCAST,))), (GROUP_TAG, socket.inet_aton(GROUP)),
                             (MENU, menu_entry(15, "Fifteen")), (PROMPT, b"\0PXE"))
    yield Case("discovery-foreign-type", lab(
        how, *conf, *server_of_type("wrong", how, *group, "--claims-type", "16", file="missing.0"),
        *server_of_type("right", how, *group), *boots(how)), files)
    # No discovery: the offer's own file, whatever else it says (control bit 3).
    conf, files = speaks_pxe((CONTROL, bytes((NO_DISCOVERY,))), (MENU, menu_entry(15, "Fifteen")), (PROMPT, b"\0PXE"),
                             filename=boot_file(how))
    yield Case("discovery-none", lab(how, *conf, *boots(how)), files, verify=asked_nobody)
    # Nobody there: a message with its number and the next boot device.
    yield Case("discovery-silence", lab(
        how, *proxy(service(how, "Fifteen", "15", None)), "--expect", "re:PXE-E[0-9A-F]{2}", "--expect", NEXT_DEVICE),
        seconds=90)


def other_servers():
    """Kea, Debian's bootpd (which answers DHCP messages with DHCP messages), and a server that knows BOOTP only: our own."""
    # shows: PXE-2.2-j, RFC951-4-a, RFC951-7.4-a, RFC951-7.5-a by bootp-only-*
    for how in HOW:
        station = f"bootp:67:{{repository}}/tests/servers/bootp_server --address {{{{address}}}} --client 192.168.111.100 " \
                  f"--file {boot_file(how)} --tftp {SERVER}"
        yield Case(f"bootp-only-{how}", lab(how, "--servers", "tftpd-hpa", "--station", station, *boots(how)), verify=_is_bootp)
    for how in ("virtio", "rom-e1000", "app-virtio"):
        yield Case(f"kea-{how}", lab(how, "--servers", "kea+atftpd", *boots(how)))
    yield Case("bootpd-virtio", lab("virtio", "--servers", "bootpd+tftpd-hpa", *boots("virtio")))


def _is_bootp(folder):
    """The server's answer was a BOOTP one, and no proxy was waited for longer than the rule says."""
    answers = [message for message in messages(folder) if not message.from_client]
    if not answers or any(message.kind for message in answers):
        return f"{len(answers)} answers of kinds {[message.kind for message in answers]}"
    asked = next(wire.read_requests(f"{folder}/bridge.pcap"))
    waited = asked[0] - answers[0].time
    return "" if waited <= 4.5 else f"waited {waited:.1f} s after the BOOTP answer"


def all_cases():
    """Every case."""
    for group in (one_item, waiting, menus, discovery, other_servers):
        yield from group()
