"""The claims ledger: what a study's scores say about each claim of the paper, as a frame and as tables."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ner_pruning.claims.paper_claims import Evidence, Part, paper_claims
from ner_pruning.claims.paper_scores import PublishedF1
from ner_pruning.claims.statistics import Missing
from ner_pruning.claims.verdicts import Verdict, combine
from ner_pruning.statistics.bootstrap import CELL_COLUMNS, Replicates
from ner_pruning.statistics.intervals import Cells, estimate
from ner_pruning.table import Table, signed_four_digits
from ner_pruning.terms import MONOLINGUAL, MULTILINGUAL, Provenance

LEDGER_COLUMNS = [
    *("claim", "part", "text", "measured", "low", "high"),
    *("criterion", "p_against", "paper", "languages", "seeds", "verdict", "note"),
]


def ledger(evidence: Evidence, published: Cells) -> pd.DataFrame:
    """Return the claims ledger: one row a claim (part 0), followed by one row for each of its parts (1, 2, …).

    published: the paper's printed scores, from which its value of a statistic is computed where they have the cells, of
    the languages that the measured value is of.
    Returns LEDGER_COLUMNS: measured with low and high (95 % interval), the criterion (where the claim says that the
    statistic lies) and its p-value, the paper's value, numbers of languages and of seeds (the fewest), the verdict, and
    what is missing or worth knowing.
    """
    rows = []
    for claim in paper_claims(evidence):
        parts = [_test(part, evidence.cells, published) for part in claim.parts]
        verdicts = [part["verdict"] for part in parts]
        missing = dict.fromkeys(part["note"] for part in parts if part["verdict"] == Verdict.NOT_TESTED)
        rows.append(
            {
                "part": 0,
                "text": claim.text,
                "verdict": combine(verdicts, [part["p_against"] for part in parts], claim.readings),
                "note": "; ".join([_counted(verdicts), *missing]),
            }
        )
        rows += [{"part": number, **part} for number, part in enumerate(parts, start=1)]
        for row in rows[-1 - len(parts) :]:
            row["claim"] = claim.number
    return pd.DataFrame(rows, columns=LEDGER_COLUMNS).astype({"languages": "Int64", "seeds": "Int64"})


def _test(part: Part, cells: Cells, published: Cells) -> dict[str, object]:
    """Return the row of one part of a claim."""
    row: dict[str, object] = {"text": part.text, "criterion": str(part.criterion)}
    try:
        measured = part.statistic(cells)
    except Missing as missing:
        row["paper"] = _papers_value(part, published)
        return row | {"p_against": float("nan"), "verdict": Verdict.NOT_TESTED, "note": f"missing: {missing}"}
    interval = measured.interval or estimate(measured.values)
    against = part.criterion.against(measured.values) if measured.against is None else measured.against
    notes = [part.note(cells)] if part.note else []
    if np.isnan(interval.value):
        notes.append("undefined: a ratio or correlation that these scores do not have")
    elif np.isnan(interval.low):
        notes.append("no interval: undefined in too many replicates")
    if measured.seeds == 1:
        notes.append("models with one seed: their interval leaves out the variation between seeds")
    return row | {
        "paper": _papers_value(part, published.of(measured.languages)),
        "measured": interval.value,
        "low": interval.low,
        "high": interval.high,
        "languages": len(measured.languages),
        "seeds": measured.seeds,
        "p_against": against,
        "verdict": part.criterion.verdict(interval),
        "note": "; ".join(notes),
    }


def _papers_value(part: Part, published: Cells) -> float | None:
    """Return what the paper says, or the statistic of its scores; None where it printed none (multilingual models)."""
    if part.paper is not None:
        return part.paper
    try:
        return float(part.statistic(published).values[0])
    except Missing:
        return None


def _counted(verdicts: Sequence[Verdict]) -> str:
    """Return how many parts have which verdict: "3 replicated, 1 inconclusive of 4"."""
    counts = {verdict: verdicts.count(verdict) for verdict in Verdict if verdict in verdicts}
    return f"{', '.join(f'{number} {verdict}' for verdict, number in counts.items())} of {len(verdicts)}"


def published_cells(published: Sequence[PublishedF1], seeds: int = 3) -> Cells:
    """Return the paper's printed scores as cells without replicates; seeds: behind each of its means (section 3)."""
    cells = pd.DataFrame(published, columns=PublishedF1._fields).assign(seeds=seeds)
    cells["training_set"] = cells["language"].where(cells["setting"] == MONOLINGUAL, MULTILINGUAL)
    return Cells(Replicates(cells[CELL_COLUMNS], cells["f1"].to_numpy()[:, None]))


def ledger_tables(
    frame: pd.DataFrame, provenance: Provenance, empty: Mapping[str, Sequence[str]]
) -> tuple[Table, Table]:
    """Return the ledger as two tables: the verdict on each claim, and the numbers behind it, part by part.

    empty: languages whose test set has no mention, by test set.
    """
    claims, parts = frame[frame["part"] == 0], frame[frame["part"] > 0]
    verdicts = pd.DataFrame(
        {"claim": claims["claim"], "text": claims["text"], "verdict": claims["verdict"], "parts": claims["note"]}
    )
    interval = [_with_interval(row.measured, row.low, row.high) for row in parts.itertuples()]
    numbers = pd.DataFrame(
        {
            "claim": [f"{row.claim}, part {row.part}" for row in parts.itertuples()],
            "statistic": parts["text"],
            "measured (95 % interval)": interval,
            "claimed": parts["criterion"],
            "paper": [signed_four_digits(value) for value in parts["paper"]],
            "languages": parts["languages"].astype("string").fillna(""),
            "seeds": parts["seeds"].astype("string").fillna(""),
            "verdict": parts["verdict"],
            "note": parts["note"],
        }
    )
    demo_note = ["A demo on synthetic text: these verdicts mean nothing."] if provenance.demo else []
    left_out = "; ".join(f"{', '.join(languages)} on {test_set}" for test_set, languages in empty.items())
    empty_note = [f"Left out, because the test set has no mention and so no F1: {left_out}."] if empty else []
    notes = [f"{provenance}.", *empty_note, *demo_note]
    return (
        Table("claims", "The paper's claims, and what this study's scores say about them", notes, verdicts.astype(str)),
        Table("claims-numbers", "The statistics behind the verdicts", notes, numbers.astype(str)),
    )


def _with_interval(measured: float, low: float, high: float) -> str:
    if pd.isna(measured):
        return ""
    ends = " to ".join(map(signed_four_digits, (low, high))) if pd.notna(low) else "no interval"
    return f"{signed_four_digits(measured)} ({ends})"
