"""A table as text: CSV, GitHub Markdown, LaTeX and HTML, with every character escaped.

pandas typesets the tabular. The float around it is written here: pandas has no place for notes and does not escape a
caption, and a wide table needs a box that shrinks it to the width of the page.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from ner_pruning.files import write_text

NOTHING = "–"
"""What Markdown and LaTeX show where there is no value; the CSV cell is empty."""

PAGE_ROWS = 45
"""A LaTeX table with more rows is a longtable, which breaks over pages."""

LONG_TEXT = 40
"""A column with a longer text than so many characters has lines that wrap in LaTeX."""

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        **{character: f"\\{character}" for character in "&%$#_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        "`": r"\textasciigrave{}",
        "±": r"$\pm$",
        "−": "$-$",
    }
)


_HTML_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5em; color: #111; background: #fff; }
h1 { font-size: 1.15em; max-width: 60em; }
p { max-width: 60em; }
table { border-collapse: collapse; }
th, td { padding: .25em .7em; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
th { position: sticky; top: 0; background: #fff; border-bottom: 2px solid #444; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
small { color: #555; }
"""


@dataclass(frozen=True)
class TableCell:
    """A cell as Markdown and LaTeX show it: a text and, in small print next to it, a spread or an interval."""

    text: str
    beside: str = ""
    bold: bool = False


@dataclass(frozen=True)
class Table:
    """A table ready to write.

    stem: of its files, such as "table-6"; title: the paper's caption, adapted; notes: sentences that say what is behind
    the numbers; rows: the CSV, text in every cell, "" where there is no value; shown: a frame of Cells, where Markdown
    and LaTeX show something else than `rows`.
    """

    stem: str
    title: str
    notes: list[str]
    rows: pd.DataFrame
    shown: pd.DataFrame | None = None

    def csv(self) -> str:
        """Return the rows as CSV with a header line."""
        return self.rows.to_csv(index=False, lineterminator="\n")

    def markdown(self) -> str:
        """Return title, table and notes as GitHub Markdown; numbers to the right."""
        cells = self._cells()
        align = ["right" if _is_numeric(cells[column]) else "left" for column in cells]
        shown = cells.map(_markdown_cell).rename(columns=escape_markdown)
        table = shown.to_markdown(index=False, tablefmt="pipe", disable_numparse=True, colalign=align)
        heading = f"**{self._name()}: {escape_markdown(self.title)}**"
        return "\n\n".join([heading, table, *map(escape_markdown, self.notes)]) + "\n"

    def latex(self) -> str:
        """Return a table, or a longtable where it does not fit on a page, with caption, label and notes for a paper.

        A comment names the packages that it needs. Its label is "tab:" and the stem.
        """
        cells = self._cells()
        long = len(cells) > PAGE_ROWS
        shown = cells.map(_latex_cell, size=r"\tiny" if long else r"\scriptsize")
        body = shown.rename(columns=escape_latex).style.hide(axis="index")
        columns, notes = _column_format(cells), " ".join(map(escape_latex, self.notes))
        caption, label = f"{escape_latex(self.title)}.", f"tab:{self.stem}"
        if long:
            packages = "array, booktabs, longtable (which a paper of two columns must set under \\onecolumn)"
            table = body.to_latex(
                hrules=True, column_format=columns, environment="longtable", caption=caption, label=label
            )
            lines = [r"\begingroup", r"\scriptsize", r"\setlength{\tabcolsep}{3pt}", table.rstrip()]
            lines += [rf"\noindent {notes}\par", r"\endgroup"]
        else:
            packages = "adjustbox, array, booktabs"
            lines = [r"\begin{table}", r"\centering", rf"\caption{{{caption}}}", rf"\label{{{label}}}"]
            lines += [r"\begin{adjustbox}{max width=\linewidth, max totalheight=0.8\textheight}"]
            lines += [body.to_latex(hrules=True, column_format=columns).rstrip(), r"\end{adjustbox}"]
            lines += [rf"\par\smallskip\parbox{{\linewidth}}{{\footnotesize {notes}}}", r"\end{table}"]
        head = [f"% Packages: {packages}."]
        if not "".join(lines).isascii():
            head.append("% Has letters beyond ASCII: XeLaTeX or LuaLaTeX, with fontspec and fonts for these scripts.")
        return "\n".join([*head, *lines]) + "\n"

    def html(self) -> str:
        """Return a page with title, table and notes, for the report; numbers to the right."""
        return html_page([self])

    def html_section(self) -> str:
        """Return title, table and notes as part of a page."""
        cells = self._cells()
        numeric = [_is_numeric(cells[column]) for column in cells]
        rows = [_html_row([_html_cell(cell) for cell in row], numeric, "td") for row in cells.itertuples(index=False)]
        head = _html_row([escape(column) for column in cells.columns], numeric, "th")
        notes = [f"<p>{escape(note)}</p>" for note in self.notes]
        table = [f"<table><thead>{head}</thead><tbody>", *rows, "</tbody></table>"]
        return "\n".join([f"<h1>{escape(self._name())}: {escape(self.title)}</h1>", *table, *notes])

    def _name(self) -> str:
        return self.stem.replace("-", " ").capitalize()

    def text(self, path: str | os.PathLike) -> str:
        """Return the table in the format of a path's suffix: .csv, .md, .tex or .html."""
        formats = {".csv": self.csv, ".md": self.markdown, ".tex": self.latex, ".html": self.html}
        return formats[os.path.splitext(path)[1]]()

    def _cells(self) -> pd.DataFrame:
        return self.rows.map(TableCell) if self.shown is None else self.shown


def save_table(table: Table, paths: Iterable[str | os.PathLike]) -> None:
    """Write the table at each path, in the format of its suffix."""
    for path in paths:
        write_text(path, table.text(path))


def markdown_page(tables: Sequence[Table]) -> str:
    """Return tables one after another as Markdown."""
    return "\n".join(table.markdown() for table in tables)


def html_page(tables: Sequence[Table]) -> str:
    """Return a page of HTML with tables one after another."""
    head = f'<meta charset="utf-8"><title>{escape(tables[0].title)}</title><style>{_HTML_STYLE}</style>'
    sections = [table.html_section() for table in tables]
    return "\n".join([f'<!doctype html><html lang="en"><head>{head}</head><body>', *sections, "</body></html>\n"])


def four_digits(value: float) -> str:
    """Return an F1, a share or a difference as tables print it, "" for NaN."""
    return "" if pd.isna(value) else f"{value:.4f}"


def signed_four_digits(value: float | None) -> str:
    """Return what `four_digits` does, with a minus sign for a hyphen."""
    return _minus(four_digits(value))


def three_digits(value: float) -> str:
    """Return a value with three digits, a minus sign for a hyphen, and no 0 before the point: "−.014"."""
    return _minus(f"{value:.3f}".replace("0.", "."))


def cells_with_interval(values: Iterable[float], lows: Iterable[float], highs: Iterable[float]) -> list[TableCell]:
    """Return cells of values with four digits, each with its interval, if it has one, in short: "[.731, .752]"."""
    return [
        TableCell(signed_four_digits(value), _interval(low, high))
        for value, low, high in zip(values, lows, highs, strict=True)
    ]


def _interval(low: float, high: float) -> str:
    if pd.isna(low) or pd.isna(high):
        return ""
    return f"[{three_digits(low)}, {three_digits(high)}]"


def _minus(number: str) -> str:
    return number.replace("-", "−")


def escape_markdown(text: str) -> str:
    """Return text that Markdown shows unchanged, also inside a table."""
    return re.sub(r"([\\|*_`<>~#$])", r"\\\1", text)


def escape_latex(text: str) -> str:
    """Return text that LaTeX prints unchanged; a kern of no width keeps quotes and hyphens from becoming one letter."""
    return re.sub(r"(?<=['-])(?=['-])", r"{\\kern0pt}", text.translate(_LATEX)).replace("–", "--")


def _markdown_cell(cell: TableCell) -> str:
    one_line = " ".join(cell.text.splitlines())  # of words that hold line ends, which would end the row
    text = escape_markdown(one_line) or NOTHING
    return " ".join(filter(None, [f"**{text}**" if cell.bold else text, escape_markdown(cell.beside)]))


def _html_cell(cell: TableCell) -> str:
    text = escape(cell.text) or NOTHING
    beside = f" <small>{escape(cell.beside)}</small>" if cell.beside else ""
    return (f"<b>{text}</b>" if cell.bold else text) + beside


def _html_row(cells: Sequence[str], numeric: Sequence[bool], tag: str) -> str:
    numbers = [' class="number"' if number else "" for number in numeric]
    return "<tr>" + "".join(f"<{tag}{n}>{cell}</{tag}>" for cell, n in zip(cells, numbers, strict=True)) + "</tr>"


def _latex_cell(cell: TableCell, size: str) -> str:
    """Return a cell; size: the command for the size of the spread or interval."""
    text = escape_latex(cell.text or NOTHING)
    if text.startswith(("[", "*")):
        text = "{}" + text  # the end of a row, or a rule, would read it as its argument
    beside = rf"{{{size} {escape_latex(cell.beside)}}}" if cell.beside else ""
    return " ".join(filter(None, [rf"\textbf{{{text}}}" if cell.bold else text, beside]))


def _is_numeric(cells: pd.Series) -> bool:
    """Return whether every text of a column is a number or empty, and one is a number."""
    texts = [cell.text.replace("−", "-") for cell in cells if cell.text]
    return bool(texts) and pd.to_numeric(pd.Series(texts), errors="coerce").notna().all()


def _column_format(cells: pd.DataFrame) -> str:
    """Return the columns' alignment for LaTeX: numbers right, text left, long texts in wrapped lines of equal width."""
    long = [column for column in cells if max((len(cell.text) for cell in cells[column]), default=0) > LONG_TEXT]
    width = min(0.5, 0.84 / max(1, len(long)))
    wrapped = rf">{{\raggedright\arraybackslash}}p{{{width:.2f}\linewidth}}"
    return "".join(wrapped if column in long else "r" if _is_numeric(cells[column]) else "l" for column in cells)


def count(number: int, noun: str) -> str:
    """Return a number with its noun, singular for one: "1 seed", "3 seeds"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def count_range(low: int, high: int, noun: str) -> str:
    """Return a range of numbers with its noun: "3 seeds", "2–3 seeds"."""
    return count(high, noun) if low == high else f"{low}–{high} {noun}s"
