# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The parts of tests/bench/run."""
