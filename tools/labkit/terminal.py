# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The text screen of a UEFI machine: its display is graphics, so the screen is what a terminal on the serial port shows."""
import re

COLUMNS, ROWS = 100, 31
SEQUENCE = re.compile(r"\x1b\[([0-9;?=]*)([@-~])|\x1b[()][A-Za-z0-9]|\x1b[^\[\]()]")


class Terminal:
    """Takes what comes over the serial port, keeps the lines that are on the screen."""

    def __init__(self):
        self.lines = [[" "] * COLUMNS for _ in range(ROWS)]
        self.row = self.column = 0
        self.pending = ""

    def text(self):
        """The lines, without blanks at their ends."""
        return ["".join(line).rstrip() for line in self.lines]

    def feed(self, data):
        """More output of the machine (str)."""
        text, at = self.pending + data, 0
        self.pending = ""
        while at < len(text):
            if text[at] == "\x1b":
                found = SEQUENCE.match(text, at)
                if not found and len(text) - at < 16:
                    self.pending = text[at:]
                    return
                if found and found[2]:
                    self._sequence(found[1], found[2])
                at = found.end() if found else at + 1
                continue
            self._character(text[at])
            at += 1

    def _character(self, char):
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self._down()
        elif char == "\b":
            self.column = max(self.column - 1, 0)
        elif char >= " ":
            if self.column == COLUMNS:
                self.column = 0
                self._down()
            self.lines[self.row][self.column] = char
            self.column += 1

    def _down(self):
        self.row += 1
        if self.row == ROWS:
            self.row = ROWS - 1
            self.lines = [*self.lines[1:], [" "] * COLUMNS]

    def _sequence(self, parameters, final):
        numbers = [int(word) if word.isdigit() else 0 for word in parameters.split(";")]
        first = numbers[0]
        if final in "Hf":
            column = numbers[1] if len(numbers) > 1 else 1
            self.row, self.column = min(max(first, 1), ROWS) - 1, min(max(column, 1), COLUMNS) - 1
        elif final == "J" and first == 2:
            self.lines = [[" "] * COLUMNS for _ in range(ROWS)]
        elif final == "J" and first == 0:
            self.lines[self.row][self.column:] = [" "] * (COLUMNS - self.column)
            for row in range(self.row + 1, ROWS):
                self.lines[row] = [" "] * COLUMNS
        elif final == "K" and first == 0:
            self.lines[self.row][self.column:] = [" "] * (COLUMNS - self.column)
        elif final == "A":
            self.row = max(self.row - max(first, 1), 0)
        elif final == "C":
            self.column = min(self.column + max(first, 1), COLUMNS - 1)
