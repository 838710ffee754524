# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Figures of both sides, boot by boot, and the table made of them: counts first, then medians, spread and ratios."""
import statistics

SIDES = ("ours", "peer")


class Row:
    """One quantity; `figures[side]` holds one number per boot, None where a boot gave none.

    better: "less" or "more"; shape: how a number is written; counted: a count, not a time, so it hardly varies.
    """

    def __init__(self, name, unit, better, shape="{:.3g}", counted=False):
        self.name = name
        self.unit = unit
        self.better = better
        self.shape = shape
        self.counted = counted
        self.figures = {side: [] for side in SIDES}
        self.note = ""

    def add(self, side, figure):
        """One boot's figure."""
        self.figures[side].append(figure)

    def good(self, side):
        """The figures there are."""
        return [figure for figure in self.figures[side] if figure is not None]

    def cell(self, side):
        """Median and, where it varies, quartiles; how many boots failed."""
        good = self.good(side)
        failed = len(self.figures[side]) - len(good)
        if not good:
            return "failed" if failed else "–"
        text = self.shape.format(statistics.median(good))
        if len(good) >= 3 and min(good) != max(good):
            low, _, high = statistics.quantiles(good, n=4, method="inclusive")
            if self.shape.format(low) != self.shape.format(high):
                text += f" ({self.shape.format(low)}–{self.shape.format(high)})"
        return text + (f", {failed} failed" if failed else "")

    def ratio(self):
        """How many times better ours is: the median over pairs, and the smallest and the largest pair."""
        pairs = [(ours, peer) for ours, peer in zip(self.figures["ours"], self.figures["peer"])
                 if ours is not None and peer is not None]
        if not pairs:
            return "–"
        if any(not ours or not peer for ours, peer in pairs):
            return "–"
        ratios = [ours / peer if self.better == "more" else peer / ours for ours, peer in pairs]
        text = f"{statistics.median(ratios):.2f}"
        if len(ratios) > 1 and f"{min(ratios):.2f}" != f"{max(ratios):.2f}":
            text += f" ({min(ratios):.2f}–{max(ratios):.2f})"
        return text


class Table:
    """All rows, in the order in which they were first mentioned."""

    def __init__(self):
        self.rows = {}

    def row(self, name, unit, better, shape="{:.3g}", counted=False):
        """The row of this name, made when it is new."""
        if name not in self.rows:
            self.rows[name] = Row(name, unit, better, shape, counted)
        return self.rows[name]

    def lines(self):
        """Markdown."""
        out = []
        for counted, title in ((True, "Counts"), (False, "Times and rates")):
            rows = [row for row in self.rows.values() if row.counted == counted]
            if not rows:
                continue
            out += [f"## {title}", "", "| | unit | Puck | peer | Puck is better by |", "|---|---|---|---|---|"]
            for row in rows:
                note = f" {row.note}" if row.note else ""
                cells = (row.name + note, row.unit, row.cell("ours"), row.cell("peer"), row.ratio())
                out.append("| " + " | ".join(cells) + " |")
            out.append("")
        return out
