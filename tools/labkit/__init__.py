# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The parts of tools/lab: namespace, servers, QEMU, what to wait for, files to serve, what the wire saw."""
