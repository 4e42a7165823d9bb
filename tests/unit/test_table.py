"""Tables as Markdown and LaTeX: that no character is lost or read as a command, and that what is opened is closed."""

import re

import pandas as pd
import pytest
from ner_pruning.table import PAGE_ROWS, Table, TableCell, escape_latex, escape_markdown

SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "±": r"$\pm$",
    "−": "$-$",
    "–": "--",
}
NASTY = "".join(SPECIAL)
SENTENCE = "' '' [LOC Ìbàdàn] '' --- 100 % of {x_1} \\ ** వికీపీడియా"


def check(latex):
    """Check that braces, dollars and environments are closed, and that every row has a cell for every column."""
    bare = re.sub(r"\\[\\&%$#_{}]", "", latex)
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0 and bare.count("$") % 2 == 0
    opened = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", latex):
        opened.append(name) if kind == "begin" else opened.remove(name)
    assert not opened
    columns = re.search(r"\\begin\{(?:tabular|longtable)\}\{(.*)\}$", latex, re.MULTILINE)[1]
    columns = re.sub(r">\{.*?\}p\{.*?\}", "p", columns)
    assert set(columns) <= set("lrp")
    rows = [line for line in latex.splitlines() if line.endswith(r" \\") and "caption" not in line]
    rows = [line for line in rows if "multicolumn" not in line]
    assert all(len(re.findall(r"(?<!\\)&", row)) == len(columns) - 1 for row in rows)
    assert not any(row.lstrip().startswith(("[", "*")) for row in rows)
    return columns, rows


def table(rows, **more):
    return Table("table-10", f"Title of {NASTY}", [f"Note on {NASTY}", "Another."], pd.DataFrame(rows), **more)


@pytest.mark.parametrize("character", SPECIAL)
def test_each_special_character_is_set_as_itself(character):
    assert escape_latex(f"a{character}b") == f"a{SPECIAL[character]}b"
    latex = table([{character: "x", "text": f"a{character}"}]).latex()
    check(latex)
    assert f"{SPECIAL[character]} & text \\\\" in latex and f"x & a{SPECIAL[character]} \\\\" in latex


def test_quotes_and_hyphens_stay_apart():
    assert escape_latex("''") == r"'{\kern0pt}'"
    assert escape_latex("---") == r"-{\kern0pt}-{\kern0pt}-"
    assert escape_latex("mBERT's pre-training") == "mBERT's pre-training"


def test_a_table_is_ready_to_paste():
    rows = [{"name": "a_b", "F1": "0.5"}, {"name": "c", "F1": ""}]
    latex = Table("table-6", "F1 & more", ["One seed."], pd.DataFrame(rows)).latex()
    assert (
        latex
        == r"""% Packages: adjustbox, array, booktabs.
\begin{table}
\centering
\caption{F1 \& more.}
\label{tab:table-6}
\begin{adjustbox}{max width=\linewidth, max totalheight=0.8\textheight}
\begin{tabular}{lr}
\toprule
name & F1 \\
\midrule
a\_b & 0.5 \\
c & -- \\
\bottomrule
\end{tabular}
\end{adjustbox}
\par\smallskip\parbox{\linewidth}{\footnotesize One seed.}
\end{table}
"""
    )


def test_text_of_any_script_stays_and_says_what_compiles_it():
    latex = table([{"sentence": "0", "original": SENTENCE, "perturbed": "[LOC x]"}]).latex()
    assert check(latex)[0] == "rpl"
    assert "Ìbàdàn" in latex and "వికీపీడియా" in latex and "XeLaTeX or LuaLaTeX" in latex.splitlines()[1]
    assert "{}[LOC x]" in latex
    assert "XeLaTeX" not in table([{"x": "0.5 ± 0.1 – 3"}]).latex()


def test_a_row_does_not_begin_as_an_argument_of_the_line_before():
    check(table([{"x": "[a]"}, {"x": "*b"}]).latex())


def test_a_table_longer_than_a_page_breaks_over_pages():
    short, long = (table([{"language": "en", "F1": "0.5"}] * rows).latex() for rows in (PAGE_ROWS, PAGE_ROWS + 1))
    columns, rows = check(long)
    assert columns == "lr" and len(rows) == PAGE_ROWS + 1 + 2  # the header, on the first page and on the others
    assert "longtable" in long.splitlines()[0] and r"\begin{table}" not in long
    assert "longtable" not in short and len(check(short)[1]) == PAGE_ROWS + 1
    for latex in (short, long):
        assert latex.count(r"\label{tab:table-10}") == 1 and "Another." in latex


def test_cells_have_bold_and_what_stands_beside():
    shown = pd.DataFrame({"F1_x": [TableCell("0.5", "±.01", bold=True), TableCell("", "[−1, 1]"), TableCell("−2")]})
    typeset = table([{"F1": "0.5"}], shown=shown)
    latex, markdown = typeset.latex(), typeset.markdown()
    assert check(latex)[0] == "r" and r"F1\_x \\" in latex
    assert r"\textbf{0.5} {\scriptsize $\pm$.01} \\" in latex
    assert r"-- {\scriptsize [$-$1, 1]} \\" in latex and r"$-$2 \\" in latex
    assert "| **0.5** ±.01 |" in markdown and "F1\\_x" in markdown
    assert typeset.csv() == "F1\n0.5\n"
    many = pd.DataFrame({"F1": [TableCell("0.5", "[0, 1]")] * (PAGE_ROWS + 1)})
    assert r"0.5 {\tiny [0, 1]} \\" in table([{"F1": "0.5"}], shown=many).latex()  # beside what is small already


def test_markdown_shows_every_character():
    text = table([{"a": "|x|", "1": "3"}]).markdown()
    assert r"\|x\|" in text
    assert re.sub(r"\\(.)", r"\1", escape_markdown(NASTY)) == NASTY
    assert text.startswith("**Table 10: Title of \\\\&%\\$\\#\\_{}\\~^\\<\\>\\|")


def test_a_word_that_holds_a_line_end_stays_in_its_row():
    rows = table([{"a": "x\ny\u2028z\r\nw", "1": "3"}]).markdown().splitlines()
    (row,) = [row for row in rows if "x" in row and row.startswith("|")]
    assert [cell.strip() for cell in row.strip("|").split("|")] == ["x y z w", "3"]


def test_a_page_of_html_shows_every_character_and_sets_numbers_right():
    rows = pd.DataFrame({"language": ["<yo>", "jv & co"], "0": ["0.5000", ""]})
    shown = pd.DataFrame(
        {
            "language": [TableCell("<yo>"), TableCell("jv & co")],
            "0": [TableCell("0.5000", "±.010", True), TableCell("")],
        }
    )
    page = Table("table-6", "F1 < 1", ["A & B."], rows, shown).html()
    assert "<h1>Table 6: F1 &lt; 1</h1>" in page
    assert '<tr><th>language</th><th class="number">0</th></tr>' in page
    assert '<tr><td>&lt;yo&gt;</td><td class="number"><b>0.5000</b> <small>±.010</small></td></tr>' in page
    assert '<tr><td>jv &amp; co</td><td class="number">–</td></tr>' in page
    assert "<p>A &amp; B.</p>" in page


@pytest.mark.parametrize(("path", "start"), [("t.csv", "language"), ("t.md", "**T"), ("t.tex", "%"), ("t.html", "<!d")])
def test_the_format_is_that_of_the_suffix(path, start):
    table = Table("t", "Title", [], pd.DataFrame({"language": ["yo"], "0": ["0.5"]}))
    assert table.text(path).startswith(start)
