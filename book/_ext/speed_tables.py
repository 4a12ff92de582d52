"""What the suite of benchmarks measured, from the file that comes with the package.

``{speed-summary}`` says on which machine and when, ``{speed-table}`` shows every row,
``{growth-table}`` and ``{growth-plot}`` what more and more images cost. ``{speed-of}`` tells the
figures of one benchmark on a page that is about something else.
"""

import base64
import io
import math

import matplotlib
import pandas as pd
from markdown_tables import MarkdownDirective, table
from matplotlib.figure import Figure

from cxrlib.evaluation import plots
from cxrlib.experiments import speed

NOT_YET = "No run of the benchmarks comes with this copy, so there are no figures yet."
PANELS = {"s": "seconds", "MB": "peak memory, MB"}


def growing(run: speed.Run | None) -> pd.DataFrame:
    """Return the rows that grow: one for each number of images, columns (step, unit)."""
    rows = [row for row in run.figures if row.images] if run else []
    found: dict[tuple[str, str], dict[int, float]] = {}
    for row in rows:
        found.setdefault((row.figure, row.unit), {})[row.images] = row.ours
    return pd.DataFrame(found).sort_index()


class SpeedDirective(MarkdownDirective):
    """A directive that stands for what one run measured."""

    def markdown(self) -> str:
        """Write it, or say that there is no run."""
        run = speed.read()
        return NOT_YET if run is None else self.show(run)


class SpeedSummary(SpeedDirective):
    """Machine, versions, date, and how many goals were held."""

    def show(self, run: speed.Run) -> str:
        """Write a list."""
        asked = [row for row in run.figures if row.holds is not None]
        missed = [row for row in asked if not row.holds]
        versions = ", ".join(f"{name} {number}" for name, number in run.machine["versions"].items())
        lines = [
            f"- Measured in one run, begun on {run.measured()}",
            *(f"- Measured again later: {name}, on {run.measured(name)}" for name in run.again),
            f"- Versions: {versions}",
            f"- Goals held: {len(asked) - len(missed)} of {len(asked)}",
        ]
        lines += [
            f"- **Goal missed**: {row.figure}, against {row.peer_name}: {speed.short(row.ratio)} "
            f"instead of {speed.short(row.goal)}"
            for row in missed
        ]
        lines += [f"- Not measured: {row.what} ({row.why})" for row in run.missing]
        if run.busy:
            lines.append(f"- **Other programs wanted {run.busy:.1f} cores as it began.**")
        if run.quick:
            lines.append("- **A trial on few images: these numbers tell nothing.**")
        return "\n".join(lines)


class SpeedTable(SpeedDirective):
    """Every row in the order of the run; those of one benchmark under its name."""

    def show(self, run: speed.Run) -> str:
        """Write the table."""
        shown = [row for row in run.figures if not row.images]
        rows = [
            [*cells[:-1], f"**{cells[-1]}**" if cells[-1] == "no" else cells[-1]]
            for cells in (row.cells() for row in shown)
        ]
        return table(list(speed.HEAD), rows)


class SpeedOf(MarkdownDirective):
    """The figures of one benchmark, named by the argument; nothing where they were not measured."""

    required_arguments, optional_arguments = 1, 0

    def markdown(self) -> str:
        """Write a sentence and a list."""
        run = speed.read()
        rows = [row for row in run.figures if row.benchmark == self.arguments[0]] if run else []
        if not rows or run.quick:
            return ""
        begin = f"Measured on {run.measured(self.arguments[0])}:"
        return "\n".join([begin, "", *map(self.line, rows)])

    @staticmethod
    def line(row: speed.Figure) -> str:
        """Return ours, and the peer's."""
        what, ours, peer, *_ = row.cells()
        return f"- {what}: {ours}" + (
            f"; {row.peer_name}: {peer.partition(' (')[0]} {row.unit}" if peer else ""
        )


class GrowthTable(SpeedDirective):
    """Seconds and peak memory of each step for each number of images."""

    def show(self, run: speed.Run) -> str:
        """Write the table."""
        grows = growing(run)
        if grows.empty:
            return "The growth was not measured in this run."
        steps = list(dict.fromkeys(step for step, _ in grows))
        rows = [
            [f"{n:,}", *(self.cell(row[step]) for step in steps)] for n, row in grows.iterrows()
        ]
        rows.append(["exponent of the time", *(self.exponent(grows[step]) for step in steps)])
        return table(["Images", *steps], rows)

    @staticmethod
    def exponent(numbers: pd.DataFrame) -> str:
        """Return that of the seconds, if there are some."""
        seconds = numbers["s"].dropna() if "s" in numbers else pd.Series(dtype=float)
        found = speed.exponent(seconds.items())
        return "–" if found is None else f"{found:.2f}"

    @staticmethod
    def cell(numbers: pd.Series) -> str:
        """Return seconds and memory."""
        measured = numbers.dropna().items()
        return ", ".join(f"{speed.short(value)} {unit}" for unit, value in measured) or "–"


class GrowthPlot(SpeedDirective):
    """Seconds and memory over the number of images."""

    def show(self, run: speed.Run) -> str:
        """Draw the plot for both colours of the theme and for a phone."""
        grows = growing(run)
        return "" if grows.empty else picture(draw_growth(grows), describe_growth(grows))


def draw_growth(grows: pd.DataFrame) -> Figure:
    """Draw a panel for seconds and one for memory."""
    with matplotlib.rc_context():
        plots.use_style()
        figure = Figure(figsize=(9, 3.8))
        for ax, (unit, ylabel) in zip(figure.subplots(1, 2), PANELS.items(), strict=True):
            ax.set(xscale="log", yscale="log" if unit == "s" else "linear")
            series = grows.xs(unit, axis=1, level=1)
            plots.plot_lines(
                grows.index, series, ax=ax, xlabel="images", ylabel=ylabel, markers=True
            )
            for line in ax.lines[4:]:  # the course's styles begin anew
                line.set(linestyle=":", marker="v")
            # Of two numbers that lie near each other, the label of the greater one.
            nexts = [*grows.index[1:], math.inf]
            labels = [
                f"{n:,}" if m >= 3 * n else "" for n, m in zip(grows.index, nexts, strict=True)
            ]
            ax.set_xticks(grows.index, labels)
            ax.minorticks_off()
            ax.yaxis.set_major_formatter("{x:,g}")
            if unit == "MB":
                ax.set_ylim(bottom=0)
        figure.canvas.draw()
    return figure


def describe_growth(grows: pd.DataFrame) -> str:
    """Say in words what the plot shows, for those who can't see it."""
    first, last = grows.iloc[0], grows.iloc[-1]
    parts = [
        f"{step} from {speed.short(first[step, unit])} to {speed.short(last[step, unit])} {unit}"
        for step, unit in grows
    ]
    return f"Lines from {grows.index[0]:,} to {grows.index[-1]:,} images: {', '.join(parts)}"


def picture(figure: Figure, alt: str) -> str:
    """Return a figure as HTML that a page carries in itself, in the rendering that fits."""
    found = plots.screens.renderings(figure)
    with matplotlib.rc_context(), io.BytesIO() as file:
        figure.savefig(file, format="png", bbox_inches="tight")
        found["light"] = base64.b64encode(file.getvalue()).decode("ascii")
    data = {name: f"data:image/png;base64,{image}" for name, image in found.items()}

    def one(look: str, phone: str) -> str:
        return (
            f'<picture class="only-{look}"><source media="(max-width: 600px)" '
            f'srcset="{data.get(phone, data[look])}">'
            f'<img class="only-{look}" src="{data[look]}" alt="{alt}"></picture>'
        )

    return f"<div>{one('light', 'phone')}{one('dark', 'phone dark')}</div>"


def add_directives(app):
    """Add those of this module."""
    app.add_directive("speed-summary", SpeedSummary)
    app.add_directive("speed-table", SpeedTable)
    app.add_directive("speed-of", SpeedOf)
    app.add_directive("growth-table", GrowthTable)
    app.add_directive("growth-plot", GrowthPlot)
