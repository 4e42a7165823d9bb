"""The claims ledger: what a study's scores say about each claim, the paper's and our own, as a frame and as tables."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ner_pruning.claims.own_claims import OWN, own_claims
from ner_pruning.claims.paper_claims import Evidence, Part, paper_claims
from ner_pruning.claims.paper_scores import PublishedF1
from ner_pruning.claims.statistics import Missing
from ner_pruning.claims.verdicts import Verdict, combine
from ner_pruning.statistics.bootstrap import CELL_COLUMNS, Replicates
from ner_pruning.statistics.interval_table import DECIMALS
from ner_pruning.statistics.intervals import Cells, cautious_level, cautious_p_value, detectable, estimate
from ner_pruning.table import Table, signed_four_digits
from ner_pruning.terms import MONOLINGUAL, MULTILINGUAL, Provenance

LEDGER_COLUMNS = [
    *("claim", "part", "text", "measured", "low", "high"),
    *("criterion", "p_against", "detectable", "paper", "paper_meets", "languages", "seeds", "verdict", "note"),
]


def ledger(evidence: Evidence, published: Cells) -> pd.DataFrame:
    """Return the claims ledger: one row a claim (part 0), followed by one row for each of its parts (1, 2, …).

    published: the paper's printed scores, from which its value of a statistic is computed where they have the cells, of
    the languages that the measured value is of.
    Returns LEDGER_COLUMNS: measured with low and high (95 % interval), the criterion (where the claim says that the
    statistic lies) and its p-value, the smallest difference that the study could have shown (`detectable`), the
    paper's value and whether that meets the criterion, numbers of languages and of seeds (the fewest), the verdict, and
    what is missing or worth knowing. Where no model of the study has two seeds, no claim is decided; those of the
    paper's kinds count, on which the variance between the seeds of all rests.
    """
    rows = []
    for claim in [*paper_claims(evidence), *own_claims(evidence)]:
        parts = [_test(part, evidence.cells, published) for part in claim.parts]
        verdicts = [part["verdict"] for part in parts]
        against = [
            cautious_p_value(row["p_against"], part.tested_on(evidence.cells).resamples)
            for part, row in zip(claim.parts, parts, strict=True)
        ]
        missing = dict.fromkeys(part["note"] for part in parts if part["verdict"] == Verdict.NOT_TESTED)
        rows.append(
            {
                "part": 0,
                "text": claim.text,
                "verdict": _of_parts(verdicts, combine(verdicts, against, claim.readings)),
                "note": "; ".join([_counted(verdicts), *_papers_own(parts), *missing]),
            }
        )
        rows += [{"part": number, **part} for number, part in enumerate(parts, start=1)]
        for row in rows[-1 - len(parts) :]:
            row["claim"] = claim.number
    frame = pd.DataFrame(rows, columns=LEDGER_COLUMNS).round(DECIMALS)
    return frame.astype({"languages": "Int64", "seeds": "Int64", "paper_meets": "boolean"})


def _of_parts(verdicts: Sequence[Verdict], verdict: Verdict) -> str:
    """Return the verdict on a claim; one that is replicated as far as it is tested says how far that is."""
    tested = sum(each != Verdict.NOT_TESTED for each in verdicts)
    partial = verdict == Verdict.REPLICATED and tested < len(verdicts)
    return f"{verdict} ({tested} of {len(verdicts)} parts)" if partial else str(verdict)


def _papers_own(parts: Sequence[dict]) -> list[str]:
    """Return what to say of the paper's own values, if some of them are not where the claim says."""
    meets = [part["paper_meets"] for part in parts if part["paper_meets"] is not None]
    return [f"the paper's own values fail {meets.count(False)} of {len(meets)}"] if False in meets else []


def _test(part: Part, cells: Cells, published: Cells) -> dict[str, object]:
    """Return the row of one part of a claim."""
    row: dict[str, object] = {"text": part.text, "criterion": str(part.criterion)}
    cells = part.tested_on(cells)
    try:
        measured = part.statistic(cells)
    except Missing as missing:
        row |= _papers_value(part, published)
        return row | {"p_against": float("nan"), "verdict": Verdict.NOT_TESTED, "note": f"missing: {missing}"}
    interval = measured.interval or estimate(measured.values)
    against = part.criterion.against(measured.values) if measured.against is None else measured.against
    interval_or_wider = measured.interval or estimate(measured.values, cautious_level(cells.resamples))
    verdict = part.criterion.verdict(interval_or_wider)
    smallest = detectable(measured.values) if measured.interval is None else float("nan")
    notes = [part.note(cells)] if part.note else []
    if np.isnan(interval.value):
        notes.append("undefined: a ratio or correlation that these scores do not have")
    elif np.isnan(interval.low):
        notes.append("no interval: undefined in too many replicates, or a correlation of too few")
    elif verdict != part.criterion.verdict(interval):
        notes.append("an end of the interval is as near to the bound as other replicates may move it")
    elif part.criterion.says_equal and interval.value == interval.low == interval.high == 0:
        verdict = Verdict.INCONCLUSIVE
        notes.append("the same on every test sentence, which says nothing about others")
    if part.criterion.says_equal and np.isfinite(smallest):
        notes.append(_smallest_difference(part, smallest, shown=not interval.low <= 0 <= interval.high))
    if not (cells.know_seeds() and measured.known):
        verdict = Verdict.ONE_SEED
        enough = " and enough of these mentions" if cells.know_seeds() else ""
        notes.append(
            "the interval is over sentences only: no dense model, nor one of gradual magnitude pruning, has two seeds"
            f"{enough}"
        )
    elif measured.seeds == 1:
        notes.append("one seed: the variation between seeds is that of other models")
    return (
        row
        | _papers_value(part, published.of(measured.languages))
        | {
            "measured": interval.value,
            "low": interval.low,
            "high": interval.high,
            "languages": len(measured.languages),
            "seeds": measured.seeds,
            "p_against": against,
            "detectable": smallest,
            "verdict": verdict,
            "note": "; ".join(notes),
        }
    )


def _smallest_difference(part: Part, smallest: float, shown: bool) -> str:
    """Return the note on a part that says "the same": what the study could have shown; shown: whether it has."""
    text = f"this study could have shown a difference of {smallest:.3f}"
    return (
        text if shown or part.criterion.can_hold(smallest) else f"{text}, and is too small to show that there is none"
    )


def _papers_value(part: Part, published: Cells) -> dict[str, float | bool | None]:
    """Return what the paper says, or the statistic of its scores, and whether that meets the criterion.

    None where it printed none (multilingual models).
    """
    value = part.paper
    if value is None:
        try:
            value = float(part.statistic(published).values[0])
        except Missing:
            return {"paper": None, "paper_meets": None}
    return {"paper": value, "paper_meets": part.criterion.holds(value) if np.isfinite(value) else None}


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
            "paper": [_with_mark(row.paper, row.paper_meets) for row in parts.itertuples()],
            "languages": parts["languages"].astype("string").fillna(""),
            "seeds": parts["seeds"].astype("string").fillna(""),
            "verdict": parts["verdict"],
            "note": parts["note"],
        }
    )
    demo_note = ["A demo on synthetic text: these verdicts mean nothing."] if provenance.demo else []
    left_out = "; ".join(f"{', '.join(languages)} on {test_set}" for test_set, languages in empty.items())
    empty_note = [f"Left out, because the test set has no mention and so no F1: {left_out}."] if empty else []
    own = [number for number in claims["claim"] if number.startswith(OWN)]
    own_note = [f"{', '.join(own).capitalize()}: not the paper's, but of this workflow."] if own else []
    notes = [f"{provenance}.", *own_note, *empty_note, *demo_note]
    return (
        Table("claims", "The paper's claims, and what this study's scores say about them", notes, verdicts.astype(str)),
        Table("claims-numbers", "The statistics behind the verdicts", notes, numbers.astype(str)),
    )


def _with_mark(paper: float, meets: bool) -> str:
    """Return the paper's value, marked where it fails the criterion of the paper's own claim."""
    return signed_four_digits(paper) + (" (fails)" if pd.notna(meets) and not meets else "")


def _with_interval(measured: float, low: float, high: float) -> str:
    if pd.isna(measured):
        return ""
    ends = " to ".join(map(signed_four_digits, (low, high))) if pd.notna(low) else "no interval"
    return f"{signed_four_digits(measured)} ({ends})"
