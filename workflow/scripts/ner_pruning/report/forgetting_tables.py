"""What pruning forgets, as tables: the shares by class of mentions, and the sentences that show it best."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from ner_pruning.data.mentions import find_mentions
from ner_pruning.data.wikiann import Corpus
from ner_pruning.report.data_tables import mark_mentions
from ner_pruning.statistics.forgetting import BEYOND, FORGOTTEN, GAINED, languages_of_line
from ner_pruning.statistics.interval_table import MEAN, select
from ner_pruning.statistics.mention_classes import ALL, LEAST_MENTIONS
from ner_pruning.table import Table, TableCell, cells_with_interval, count, four_digits
from ner_pruning.terms import REGULAR, SCOPES, SETTINGS, Provenance, Run, ordered_scopes, variant_name

KEYS = ["models", "scope", "share", "mentions", "number", "languages", "seeds", "floor"]
NO_FLOOR = " (no floor)"


def forgetting_means(frame: pd.DataFrame, provenance: Provenance) -> Table:
    """Return the table of what pruning forgets: means over languages on the regular test sets, by class of mentions.

    frame: of `forgetting.forgetting_table`. A row a setting, scope and class: the noise floor, and at each sparsity the
    share beyond it with its interval; where there is no floor, the share itself. What is gained is of all mentions, and
    so is what other models forget than those pruned by magnitude to `partial` and `full`, or the first ones that there
    are.
    """
    means = select(frame, language=MEAN, test_set=REGULAR)
    sparsities = sorted(means.loc[means["sparsity"] > 0, "sparsity"].unique())
    rows, shown = [], []
    for names, line in _lines(means):
        line = line.reindex(sparsities)
        levels = [str(level) for level in sparsities]
        rows.append(names | dict(zip(levels, map(four_digits, line["estimate"]), strict=True)))
        cells = cells_with_interval(line["estimate"], line["low"], line["high"])
        shown.append({name: TableCell(text) for name, text in names.items()} | dict(zip(levels, cells, strict=True)))
    notes = [
        f"{provenance}. forgotten: of the mentions that a dense model finds on the regular test set, the share that a "
        "pruned model of another seed misses; floor: the share that a dense model of that seed misses, without any "
        "pruning. The numbers are what lies beyond the floor, with 95 % intervals, by sparsity (%). gained: the same "
        "of the mentions that the dense model misses and the other finds. Only the first scopes have rows by class of "
        "mentions: partial and full, pruned by magnitude, or the first of others.",
        "Means over the languages that have all sparsities of a row and at least "
        f"{LEAST_MENTIONS} mentions that could be forgotten (gained), which are named where they are few and not those "
        "of all mentions: rows of other languages differ by these, too. number: gold mentions of these languages; "
        "training frequency: how often the training data have a mention, as its words and type; overlap: whether they "
        "have it. forgotten.csv has every language, and the perturbed test sets.",
    ]
    if any(NO_FLOOR in row["share"] for row in rows):
        notes.append(
            "no floor: these languages have one seed, and so no second dense model. The numbers are the whole share, "
            "between the dense and the pruned model of that seed, and some of it is what any other seed would miss."
        )
    title = "Mentions that dense models find and pruned ones miss, beyond what another seed misses"
    columns = [*KEYS, *map(str, sparsities)]
    plain, printed = (pd.DataFrame(each, columns=columns) for each in (rows, shown))
    return Table("forgotten", title + provenance.in_title, notes, plain.astype(str), printed)


def _lines(means: pd.DataFrame) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """Yield what names each row, and its values by sparsity; means: over languages, on the regular test set."""
    scopes = ordered_scopes(means.loc[means["sparsity"] > 0, "scope"])
    by_class = [scope for scope in scopes if scope in SCOPES] or scopes[:1]
    for setting, scope, kind in product(SETTINGS, scopes, (FORGOTTEN, GAINED)):
        part = select(means, setting=setting, scope=scope)
        plain, beyond = (select(part, statistic=name) for name in (kind, BEYOND[kind]))
        of_all = plain[(plain[["group", "property", "value"]] == ["", *ALL]).all(axis=1)]
        for key, line in plain.groupby(["group", "property", "value"], sort=False):
            if key != ("", *ALL) and (kind == GAINED or scope not in by_class):
                continue
            floors = line.loc[line["sparsity"] == 0, "estimate"]
            found = beyond[(beyond[["group", "property", "value"]] == list(key)).all(axis=1)]
            values = (line[line["sparsity"] > 0] if found.empty else found).set_index("sparsity")
            if values.empty:
                continue
            yield (
                {
                    "models": setting,
                    "scope": scope,
                    "share": kind + (NO_FLOOR if found.empty else ""),
                    "mentions": _name(*key),
                    "number": str(values["mentions"].max()),
                    "languages": _languages(values, of_all),
                    "seeds": _range(int(values["seeds"].min()), int(values["most_seeds"].max())),
                    "floor": "" if floors.empty else four_digits(floors.iloc[0]),
                },
                values,
            )


def _languages(line: pd.DataFrame, of_all: pd.DataFrame) -> str:
    """Return the number of languages of a line; "1 (yo)" if it is of few, and not of those of all mentions."""
    number, codes = languages_of_line(line, of_all)
    return f"{number} ({codes})" if codes else str(number)


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}\N{EN DASH}{high}"


def _name(group: str, property: str, value: str) -> str:
    """Return what a row calls a class of mentions."""
    if group:
        return group
    return value if (property, value) == ALL else f"{property} {value}"


class Forgotten(NamedTuple):
    """A mention that all dense models find, and all models of a pruned variant miss.

    sentence: number of its sentence; place: its own number in the test set; variant: of the lowest sparsity at which
    all seeds miss it; missed, pruned: how many pruned runs of that scope miss it, and how many there are.
    """

    sentence: int
    place: int
    variant: str
    missed: int
    pruned: int


def most_forgotten(found: Mapping[Run, np.ndarray], sentence: np.ndarray, number: int) -> list[Forgotten]:
    """Return the mentions that show best what pruning forgets, at most so many, each of another sentence.

    found: what the runs of a training set find of a language's test set; sentence: number of each mention's sentence.
    They are mentions that all seeds of the dense model find and all seeds of a pruned one miss, of the first of
    `ordered_scopes`: those first that are forgotten at the lowest sparsity, of these those that most pruned runs miss,
    and then in the order of the test set.
    """
    scope = next(iter(ordered_scopes(run.scope for run in found if run.sparsity)), None)
    levels = sorted({run.sparsity for run in found if run.scope == scope})
    dense = [of_run for run, of_run in found.items() if not run.sparsity]
    if scope is None or not dense:
        return []
    at = {
        level: [each for run, each in found.items() if (run.scope, run.sparsity) == (scope, level)] for level in levels
    }
    missed = ~np.array([each for level in levels for each in at[level]])
    forgotten = np.array([~np.any(at[level], axis=0) for level in levels]) & np.all(dense, axis=0)
    places = np.flatnonzero(forgotten.any(axis=0))
    first = forgotten[:, places].argmax(axis=0)
    order = np.lexsort([places, -missed[:, places].sum(axis=0), first])
    chosen: dict[int, Forgotten] = {}
    for row in order:
        place = int(places[row])
        key = int(sentence[place])
        if key not in chosen and len(chosen) < number:
            variant = variant_name(scope, levels[first[row]])
            chosen[key] = Forgotten(key, place, variant, int(missed[:, place].sum()), len(missed))
    return list(chosen.values())


def forgotten_row(
    example: Forgotten, gold: Corpus, dense: Sequence[int], pruned: Sequence[int], language: str, setting: str
) -> dict[str, str]:
    """Return the row of a forgotten mention; gold: the test set; dense, pruned: predicted tags of its sentence."""
    before = sum(len(find_mentions(tags, gold.types)) for tags in gold.tags[: example.sentence])
    tokens, tags = gold.tokens[example.sentence], gold.tags[example.sentence]
    mention = find_mentions(tags, gold.types)[example.place - before]
    return {
        "language": language,
        "models": setting,
        "variant": example.variant,
        "sentence": str(example.sentence),
        "forgotten": f"{mention.type} {' '.join(tokens[mention.start : mention.end])}",
        **{
            name: mark_mentions(tokens, each, gold.types)
            for name, each in (("gold", tags), ("dense", dense), ("pruned", pruned))
        },
        "missed by": f"{example.missed} of {count(example.pruned, 'pruned run')}",
    }


SENTENCE_COLUMNS = ["language", "models", "variant", "sentence", "forgotten", "gold", "dense", "pruned", "missed by"]


def forgotten_sentences(rows: Sequence[Mapping[str, str]], provenance: Provenance) -> Table:
    """Return the table of sentences with a forgotten mention; rows: of `forgotten_row`."""
    notes = [
        f"{provenance}. Mentions that all seeds of the dense model find on the regular test set, and all seeds of a "
        "pruned one miss, of the first scope that there is: partial, full or embeddings by magnitude, or one of "
        "another method. Those first that are forgotten at the lowest sparsity (variant), of these those that most "
        "pruned runs miss, and then in the order of the test set; each sentence once. dense, pruned: tags of the "
        "first seed, pruned those of the variant; sentence: its row in the test set, counted from 0.",
    ]
    if not rows:
        notes.append("There is no such mention.")
    title = f"Sentences with the mentions that pruning forgets first{provenance.in_title}"
    return Table("forgotten-sentences", title, notes, pd.DataFrame(rows, columns=SENTENCE_COLUMNS).astype(str))
