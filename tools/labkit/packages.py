# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Where tools/setup unpacked the Debian packages: files of the boot programs, commands of the servers."""
import glob
import os
import shutil
import subprocess

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIBRARIES = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib", "lib")


class Missing(Exception):
    """Something the lab needs is not on this machine."""


def root():
    """The folder of the unpacked packages; asks tools/setup, so that the place is decided in one file."""
    if "where" not in _cache:
        command = [os.path.join(REPOSITORY, "tools/setup"), "--where"]
        _cache["where"] = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return _cache["where"]


_cache = {}


def find(pattern, package_set="boot"):
    """The newest unpacked file whose path below the set's folder matches the glob pattern."""
    found = sorted(glob.glob(os.path.join(root(), package_set, pattern)))
    if not found:
        raise Missing(f"{pattern} is not unpacked below {root()}/{package_set}: run tools/setup")
    return found[-1]


def installer(name):
    """A file of Debian's network installer image: `linux`, `initrd.gz`."""
    return find(f"usr/lib/debian-installer/images/*/amd64/text/debian-installer/amd64/{name}")


def command(name, package_set):
    """The absolute path of an unpacked command."""
    for folder in ("usr/sbin", "usr/bin", "sbin", "bin"):
        path = os.path.join(root(), package_set, folder, name)
        if os.access(path, os.X_OK):
            return path
    raise Missing(f"{name} is not unpacked below {root()}/{package_set}: run tools/setup")


def environment(package_set):
    """The environment in which an unpacked command finds the libraries unpacked with it."""
    folders = [os.path.join(root(), package_set, folder) for folder in LIBRARIES]
    return dict(os.environ, LD_LIBRARY_PATH=":".join(folders))


def installed(name):
    """The path of a command installed on this machine."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        raise Missing(f"{name} is not installed: run tools/setup")
    return path
