# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How the DHCP server names the boot file: --dhcp. README's decision table quotes these lines."""

_SUBNET = """\
ddns-update-style none;
subnet 192.168.111.0 netmask 255.255.255.0 {{
    option routers 192.168.111.130;
    range dynamic-bootp 192.168.111.100 192.168.111.200;
    default-lease-time 21600;
{lines}}}
"""

# The name in the header's own field, and nowhere else.
_HEADER = """\
next-server 192.168.111.130;
filename "{filename}";
"""

# The name in option 67 only; the header's field stays empty.
_OPTION_67 = """\
next-server 192.168.111.130;
option bootfile-name "{filename}";
"""

# By the client's architecture (option 93, RFC 4578), as machines of all kinds share a network.
_ARCHITECTURE = """\
next-server 192.168.111.130;
if option architecture = 00:07 or option architecture = 00:09 {{
    filename "{filename}";
}} elsif option architecture = 00:06 {{
    filename "boot/grub/i386-efi/core.efi";
}} else {{
    filename "pxelinux.0";
}}
"""

# The firmware's own PXE fetches Puck; Puck says who it is (option 77, RFC 3004: a length in front) and gets the boot file.
_USER_CLASS = """\
next-server 192.168.111.130;
if substring(option user-class, 1, 4) = "Puck" {{
    filename "{filename}";
}} else {{
    filename "{application}";
}}
"""

# EDK2 fetches what option 67 names, which is Puck; Puck takes the other name out of the same answer, and need not ask.
_TWO_NAMES = """\
next-server 192.168.111.130;
option bootfile-name "{application}";
filename "{filename}";
"""

# iPXE as boot program gets its script in a second exchange.
_IPXE = """\
next-server 192.168.111.130;
if exists user-class and option user-class = "iPXE" {{
    filename "boot.ipxe";
}} else {{
    filename "{filename}";
}}
"""

# HTTP boot names itself in option 60 and wants to read it back (UEFI specification, section 24.7.3.1).
_HTTP = """\
if substring(option vendor-class-identifier, 0, 10) = "HTTPClient" {{
    option vendor-class-identifier "HTTPClient";
    filename "http://192.168.111.130/{application}";
}} else {{
    next-server 192.168.111.130;
    filename "{filename}";
}}
"""

# Addresses from one server, the boot file from another (PROXY_ARGUMENTS).
_ADDRESSES_ONLY = ""

_OPTIONS = {"architecture": "option architecture code 93 = string;\n"}

PRESETS = {
    "header": _HEADER,
    "option-67": _OPTION_67,
    "architecture": _ARCHITECTURE,
    "user-class": _USER_CLASS,
    "two-names": _TWO_NAMES,
    "ipxe": _IPXE,
    "http": _HTTP,
    "proxy": _ADDRESSES_ONLY,
}

PROXY_ARGUMENTS = ("--dhcp-range=192.168.111.0,proxy", "--dhcp-boot={filename},,192.168.111.130",
                   "--pxe-service=x86PC,Puck,{filename},192.168.111.130",
                   "--pxe-service=X86-64_EFI,Puck,{filename},192.168.111.130",
                   "--pxe-service=IA32_EFI,Puck,{filename},192.168.111.130")


def dhcpd_conf(preset, filename, application):
    """ISC dhcpd's configuration."""
    lines = PRESETS[preset].format(filename=filename, application=application)
    options = "".join(text for name, text in _OPTIONS.items() if f"option {name}" in lines)
    return options + _SUBNET.format(lines="".join(f"    {line}\n" for line in lines.splitlines()))
