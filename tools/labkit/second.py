# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What happens while the machine runs, by how much the servers have sent: a second machine starts, a server crashes."""
import copy
import os
import threading
import time

from . import machine, namespace, packages, watch

MAC = "52:54:00:12:34:57"


def wait_for_bytes(count, give_up):
    """True once the servers have sent so many bytes, False when give_up() says so before."""
    while namespace.bytes_sent() < count:
        if give_up():
            return False
        time.sleep(0.02)
    return True


class Second(threading.Thread):
    """The second machine, which has the same card and is expected to show the same; its files are in OUT/second.

    QEMU dies with the thread that started it, so the thread is there until QEMU has ended.
    """

    def __init__(self, options, netdev, report, interrupted):
        super().__init__(daemon=True)
        self.options = copy.copy(options)
        self.options.mac = MAC
        self.options.out = os.path.join(options.out, "second")
        os.makedirs(self.options.out, exist_ok=True)
        for name in os.listdir(self.options.out):
            os.unlink(os.path.join(self.options.out, name))
        self.netdev = netdev
        self.report = report
        self.interrupted = interrupted
        self.over = False  # the first machine has failed
        self.wrong = ""

    def run(self):
        """Its whole life."""
        try:
            self._live()
        except (OSError, RuntimeError, packages.Missing) as error:
            self.wrong = str(error)
        if self.wrong:
            self.wrong = f"second machine: {self.wrong}"

    def _live(self):
        options = self.options
        deadline = time.monotonic() + options.seconds
        if not wait_for_bytes(options.second_after, lambda: self._ends() or time.monotonic() > deadline):
            self.wrong = f"not started, as the servers have sent {namespace.bytes_sent()} bytes only"
            return
        vm = machine.Machine(options, options.out, self.netdev)
        self.report("lab: the second machine starts")
        watcher = watch.Watch(vm, options.expect, options.expect_not, [], lambda text: self.report(f"{text} (second)"))
        self.wrong = watcher.run(options.seconds, options.settle, self._ends)
        try:
            if vm.running():
                vm.screenshot("screen")
        finally:
            vm.stop()

    def _ends(self):
        return self.over or self.interrupted()


class Crash(threading.Thread):
    """A server that is killed once so many bytes were sent, and started again some seconds later."""

    def __init__(self, text, servers, report):
        super().__init__(daemon=True)
        try:
            self.name_, count, seconds = text.split(":")
            self.count, self.seconds = int(count), float(seconds)
        except ValueError as error:
            raise packages.Missing(f"--crash {text}: wants NAME:BYTES:SECONDS") from error
        self.servers = servers
        self.report = report
        self.done = False

    def run(self):
        """Waits, kills, waits, starts."""
        wait_for_bytes(self.count, lambda: False)
        self.servers.kill(self.name_)
        self.report(f"lab: {self.name_} is killed")
        time.sleep(self.seconds)
        self.servers.start_again(self.name_)
        self.report(f"lab: {self.name_} runs again")
        self.done = True
