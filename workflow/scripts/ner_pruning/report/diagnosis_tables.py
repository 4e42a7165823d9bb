"""The diagnosis of perturbed scores near chance, as tables."""

from collections.abc import Mapping

import pandas as pd

from ner_pruning.scoring.diagnosis import CLASSES, FINDINGS, place_of, run_of
from ner_pruning.table import Table, count
from ner_pruning.terms import Provenance


def diagnosis_tables(
    diagnosis: pd.DataFrame, perturbed: pd.DataFrame, floor_factor: float, provenance: Provenance
) -> list[Table]:
    """Return the diagnosis as tables: how many scores have each finding, and, if there are any, one row per score.

    diagnosis: DIAGNOSIS_COLUMNS; perturbed: all scores on perturbed test sets, as `perturbed_scores` returns them.
    """
    title = "Perturbed F1 near the chance floor" + provenance.in_title
    limit = f"{floor_factor:g} times the upper end of the chance floor's interval"
    near = f"{len(diagnosis)} of {count(len(perturbed), 'perturbed score')}"
    lowest = f"{provenance}: {near} with an F1 of at most {limit}. {_lowest_ratio(perturbed)}"
    found = diagnosis["finding"].value_counts()
    summary = [
        {"finding": finding, "scores": str(found.get(finding, 0)), "meaning": meaning}
        for finding, meaning in FINDINGS.items()
    ]
    tables = [Table("diagnosis", title, [lowest], pd.DataFrame(summary))]
    if len(diagnosis):
        details = pd.DataFrame([_report_row(row) for row in diagnosis.to_dict("records")])
        notes = [
            "floor, upper end: the chance floor and the upper end of its interval; shuffle floor: see "
            "docs/decisions.md. O: share of words with the tag O, predicted and gold. information: mutual information "
            "of predicted and gold tags, as a share of the entropy of the gold ones; shares of the shuffles and of the "
            "renamings of the predicted labels that agree with the gold as well. "
            "realigned, relabelled, types permuted: the F1 that the best re-alignment of the predictions gives, the "
            "best renaming of their labels, and that of their types. changed to unseen: F1 on these mentions, and "
            "their number. A higher F1 explains a score if it is at least half of regular F1, and more than twice each "
            "of the unchanged one, the upper end, and what other sentences give it by chance: the rules are in "
            "docs/diagnosis.md.",
        ]
        tables.append(Table("diagnosis-scores", "Each of these scores", notes, details))
    return tables


def _lowest_ratio(perturbed: pd.DataFrame) -> str:
    """Return a sentence that names the score that is nearest its floor."""
    above = perturbed[perturbed["chance_floor_high"] > 0]
    if above.empty:
        return "None has a floor above 0."
    ratios = above["f1"] / above["chance_floor_high"]
    row = above.loc[ratios.idxmin()]
    numbers = f"F1 {row['f1']:.4f}, upper end {row['chance_floor_high']:.4f}"
    return f"The lowest ratio to the upper end is {ratios.min():.2f} ({numbers}): {place_of(row)}."


def _report_row(row: Mapping[str, object]) -> dict[str, str]:
    def with_name(name: str, f1: float) -> str:
        return f"{f1:.4f} ({name or 'unchanged'})"

    return {
        "run": str(run_of(row)),
        "language": row["language"],
        "test set": row["test_set"],
        "finding": row["finding"],
        "F1": f"{row['f1']:.4f}",
        "floor": f"{row['chance_floor']:.4f}",
        "upper end": f"{row['chance_floor_high']:.4f}",
        "shuffle floor": f"{row['shuffle_floor']:.4f}",
        "F1 regular": f"{row['f1_regular']:.4f}",
        "O": f"{row['predicted_o_share']:.2f}, {row['gold_o_share']:.2f}",
        "information": f"{row['mutual_information']:.3f} ({row['shuffles_as_good']:.2f}, "
        f"{row['renamings_as_good']:.3f})",
        "realigned": with_name(row["realignment"], row["f1_realigned"]),
        "relabelled": with_name(row["relabelling"], row["f1_relabelled"]),
        "types permuted": with_name(row["type_permutation"], row["f1_types_permuted"]),
        **{
            name: f"{row[f'f1_{name}']:.4f} ({row[f'mentions_{name}']})" if row[f"mentions_{name}"] else ""
            for name in CLASSES
        },
    }
