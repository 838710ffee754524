# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The scripts in tools/ as modules."""
import importlib.machinery
import importlib.util
import os
import sys

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def load(name):
    """tools/NAME, which has no suffix for import to find."""
    loader = importlib.machinery.SourceFileLoader(name, os.path.join(REPOSITORY, "tools", name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    sys.dont_write_bytecode = True
    sys.path[:0] = [path for path in [os.path.join(REPOSITORY, "tools")] if path not in sys.path]
    loader.exec_module(module)
    return module
