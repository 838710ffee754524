# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Figures of all sides, boot by boot, and the table made of them: counts first, then medians, spread and ratios."""
import statistics

TITLES = {"ours": "Puck", "peer": "peer"}
COMPARISONS = [("Puck is better by", "ours", ("peer",))]


class Row:
    """One quantity; `figures[side]` holds one number per boot, None where a boot gave none.

    better: "less" or "more"; shape: how a number is written; counted: a count, not a time, so it hardly varies.
    """

    def __init__(self, name, unit, better, shape="{:.3g}", counted=False, sides=tuple(TITLES)):
        self.name = name
        self.unit = unit
        self.better = better
        self.shape = shape
        self.counted = counted
        self.figures = {side: [] for side in sides}

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

    def ratio(self, ours="ours", other="peer"):
        """How many times better ours is: the median over pairs, and the smallest and the largest pair."""
        pairs = [pair for pair in zip(self.figures.get(ours, ()), self.figures.get(other, ())) if None not in pair]
        if not pairs or any(0 in pair for pair in pairs):
            return "–"
        ratios = [a / b if self.better == "more" else b / a for a, b in pairs]
        text = f"{statistics.median(ratios):.2f}"
        if len(ratios) > 1 and f"{min(ratios):.2f}" != f"{max(ratios):.2f}":
            text += f" ({min(ratios):.2f}–{max(ratios):.2f})"
        return text


class Table:
    """All rows, in the order in which they were first mentioned.

    titles: {side: head of its column}; comparisons: (head of a column of ratios, our side, the sides compared with it).
    """

    def __init__(self, titles=None, comparisons=None):
        self.titles = titles or TITLES
        self.comparisons = [c for c in comparisons or COMPARISONS if c[1] in self.titles]
        self.rows = {}

    def row(self, name, unit, better, shape="{:.3g}", counted=False):
        """The row of this name, made when it is new."""
        if name not in self.rows:
            self.rows[name] = Row(name, unit, better, shape, counted, tuple(self.titles))
        return self.rows[name]

    def lengths(self):
        """How many boots each row knows of; what `level` wants."""
        return {name: max(map(len, row.figures.values())) for name, row in self.rows.items()}

    def level(self, before, failed):
        """Notes for the sides that failed in a round that they gave no figure, so that pairs stay pairs."""
        for name, row in self.rows.items():
            longest = max(map(len, row.figures.values()))
            for side in failed if longest > before.get(name, 0) else ():
                if len(row.figures[side]) < longest:
                    row.add(side, None)

    def lines(self):
        """Markdown."""
        out = []
        heads = ["", "unit", *self.titles.values(), *(head for head, _, _ in self.comparisons)]
        for counted, title in ((True, "Counts"), (False, "Times and rates")):
            rows = [row for row in self.rows.values() if row.counted == counted]
            if not rows:
                continue
            out += [f"### {title}", "", "| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
            for row in rows:
                ratios = ("; ".join(row.ratio(ours, other) for other in others) for _, ours, others in self.comparisons)
                cells = (row.name, row.unit, *(row.cell(side) for side in self.titles), *ratios)
                out.append("| " + " | ".join(cells) + " |")
            out.append("")
        return out
