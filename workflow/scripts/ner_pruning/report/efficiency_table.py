"""The table `efficiency`: what a compressed model takes on disk and in memory, and how fast it tags."""

from collections.abc import Mapping

import pandas as pd

from ner_pruning.table import Table, TableCell, four_digits
from ner_pruning.terms import Provenance

MODEL = ["variant", "vocabulary", "kernels"]
MEGABYTE = 1e6

VOCABULARIES = WHOLE, COMPACT = "whole", "compact"
"""Of the two exports of a run: all word pieces, or those that the study's texts use."""


def efficiency_table(
    frame: pd.DataFrame, stored_bytes: Mapping[str, int], machine: str, run: str, provenance: Provenance
) -> Table:
    """Return the measurements as a table.

    frame: of `efficiency.measure`, with columns as its COLUMNS. stored_bytes: of a study's own file, by variant.
    machine: what it was measured on. run: training set and seed. The CSV has every row of the frame; Markdown, LaTeX
    and HTML one per model and kernels, with a column per threads and batch size: the median, and the quartiles next to
    it.
    """
    shown = []
    for (variant, vocabulary, kernels), rows in frame.groupby(MODEL, sort=False):
        first = rows.iloc[0]
        stored = stored_bytes[variant] if vocabulary == WHOLE else None
        cells = {
            "variant": TableCell(variant),
            "vocabulary": TableCell(vocabulary),
            "kernels": TableCell(kernels),
            "stored, MB": TableCell("" if stored is None else f"{stored / MEGABYTE:.1f}"),
            "exported, MB": TableCell(f"{first['bytes'] / MEGABYTE:.1f}"),
            "resident, MB": TableCell(f"{rows['resident_bytes'].max() / MEGABYTE:.0f}"),
        }
        for row in rows.itertuples():
            name = f"sentences/s, {row.threads} {'thread' if row.threads == 1 else 'threads'}, batch {row.batch}"
            cells[name] = TableCell(f"{row.median:.1f}", f"({row.low:.1f} to {row.high:.1f})")
        cells["same tags"] = TableCell(f"{rows['same_tags'].min():.4f}")
        shown.append(cells)
    rows = frame.assign(**{name: frame[name].map(four_digits) for name in ("low", "median", "high", "same_tags")})
    rows["stored_bytes"] = [stored_bytes[row.variant] if row.vocabulary == WHOLE else "" for row in frame.itertuples()]
    notes = [
        f"{provenance}. Models of {run}, on {machine}. Sentences a second of transformers on padded batches in float32 "
        "(or float16, as 2:4 kernels are): the median over all passes, with quartiles in brackets.",
        "stored: this workflow's file. exported: model.safetensors of the export, in which a zero takes as much as any "
        "weight; in int8 for int8 kernels, while CSR and 2:4 kernels convert it in memory. resident: memory of the "
        "process after all sentences, on a GPU the most that it allocated there. compact: only the word pieces of the "
        "study's texts. same tags: share of word pieces that are tagged as with the dense kernels and the whole "
        "vocabulary.",
    ]
    title = f"What compression buys on one machine{provenance.in_title}"
    return Table("efficiency", title, notes, rows.astype(str), pd.DataFrame(shown))
