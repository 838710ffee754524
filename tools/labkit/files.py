# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Files of the trees that the lab serves and boots from."""
import os
import shutil


def write(path, data):
    """Writes a file that everybody may read, below folders that are made."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(path, 0o644)


def link(source, target):
    """Gives a file a second name, or copies it where the file system cannot."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.lexists(target):
        os.unlink(target)
    source = os.path.realpath(source)
    try:
        if os.stat(source).st_mode & 0o444 != 0o444:
            raise OSError
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        os.chmod(target, 0o644)
