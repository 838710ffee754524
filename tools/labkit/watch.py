# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the lab waits for: texts on the serial port, on the screen and in memory, in order, and keys to press when one shows."""
import re
import time

from . import uefi

# UEFI's console moves the cursor instead of ending a line.
CURSOR = re.compile(r"\x1b\[[0-9]*;[0-9]*[Hf]")
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[()][A-Za-z0-9]|[^\[\]()])")
MEMORY_PERIOD_S = 3  # reading all of it takes a moment, in which the machine stands still


class Expectation:
    """A text to be found, plain or (`re:`) as a regular expression; `where` is serial, screen, any or memory."""

    def __init__(self, text, where="any"):
        self.text = text
        self.where = where
        pattern = text[3:] if text.startswith("re:") else re.escape(text)
        self.pattern = re.compile(pattern.encode() if where == "memory" else pattern)

    def __str__(self):
        return f'"{self.text}"' + ("" if self.where == "any" else f" ({self.where})")


class Watch:
    """Follows one machine's serial log and screen.

    Expectations are met in the order given: on the serial port each is looked for behind the one before it; the screen
    has no order, so there it has to be seen now.
    """

    def __init__(self, machine, expectations, refusals, keys, report, actions=()):
        self.machine = machine
        self.expectations = list(expectations)
        self.refusals = list(refusals)
        self.keys = list(keys)
        self.actions = list(actions)  # (expectation, function): called once, when the text shows
        self.prompts = [Expectation(uefi.SHELL_COUNTDOWN)] if machine.options.firmware != "bios" else []
        self.report = report
        self.file = None
        self.pending = ""
        self.serial = ""
        self.screen = ""
        self.position = 0
        self.key_position = 0
        self.memory_read = 0
        self.start = time.monotonic()

    def _refresh(self):
        if self.file is None:
            try:
                self.file = open(self.machine.serial_log, "rb")
            except FileNotFoundError:
                return
        # An escape sequence may be cut at the end of what has arrived: it is kept for the next time.
        text = self.pending + self.file.read().decode("utf-8", errors="replace")
        cut = text.rfind("\x1b")
        self.pending = text[cut:] if cut >= 0 and len(text) - cut < 16 and not ESCAPES.match(text, cut) else ""
        text = CURSOR.sub("\n", text[:len(text) - len(self.pending)])
        self.serial += ESCAPES.sub("", text).replace("\r", "")
        self.screen = "\n".join(self.machine.screen())

    def _find(self, expectation, position):
        """The position on the serial port behind the text, the unchanged one when it is on the screen, or None."""
        if expectation.where == "memory":
            if time.monotonic() < self.memory_read + MEMORY_PERIOD_S:
                return None
            self.memory_read = time.monotonic()
            return position if self.machine.memory_holds(expectation.pattern) else None
        if expectation.where != "screen":
            found = expectation.pattern.search(self.serial, position)
            if found:
                return found.end()
        if expectation.where != "serial" and expectation.pattern.search(self.screen):
            return position
        return None

    def _step(self):
        """Looks once; returns the refusal that shows, if one does."""
        self.machine.tick()
        self._refresh()
        for prompt in [prompt for prompt in self.prompts if prompt.text in self.serial]:
            self.prompts.remove(prompt)
            self.machine.send_keys([["ret"]])
        while self.keys:
            expectation, keys = self.keys[0]
            found = self._find(expectation, self.key_position)
            if found is None:
                break
            self.report(f"{self.elapsed():6.1f} s  {expectation} shows: pressing keys")
            self.keys.pop(0)
            # What is on the serial port now was there before the key: the next text has to come after it.
            self.key_position = max(found, self.key_position)
            self.machine.send_keys(keys)
        for action in [action for action in self.actions if self._find(action[0], 0) is not None]:
            self.actions.remove(action)
            action[1]()
        while self.expectations:
            found = self._find(self.expectations[0], self.position)
            if found is None:
                break
            self.position = found
            self.report(f"{self.elapsed():6.1f} s  {self.expectations.pop(0)}")
        return next((refusal for refusal in self.refusals if self._find(refusal, 0) is not None), None)

    def elapsed(self):
        """Seconds since the machine was started."""
        return time.monotonic() - self.start

    def run(self, timeout, settle, interrupted):
        """Watches until all is met (and `settle` seconds more for what must not show); returns what went wrong or ''.

        With nothing to wait for it watches until the time is over or the machine ends.
        """
        deadline = self.start + timeout
        forever = not self.expectations and not self.keys
        while True:
            running = self.machine.running()
            try:
                refused = self._step()
            except (OSError, RuntimeError):
                if running and self.machine.running():
                    time.sleep(0.2)
                    continue
                refused = None
            if refused:
                return f"unwanted text {refused}"
            if not forever and not self.expectations and not self.keys:
                deadline = min(deadline, time.monotonic() + settle)
                settle = float("inf")
            if time.monotonic() >= deadline or interrupted():
                break
            if not running and forever:
                return ""
            if not running:
                return self._unmet("the machine has ended before")
            time.sleep(0.05)
        if interrupted():
            return "interrupted"
        return self._unmet(f"not within {timeout:g} s:")

    def _unmet(self, why):
        if self.expectations:
            return f"{why} {self.expectations[0]}"
        if self.keys:
            return f"{why} {self.keys[0][0]}, which a key waits for"
        return ""
