"""Recall of the mentions that training has and has not seen, with bootstrap replicates, for the claim about both."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ner_pruning.scoring.found_mentions import Found, Properties
from ner_pruning.statistics.bootstrap import CELL_COLUMNS, Replicates, resample
from ner_pruning.statistics.mention_classes import OVERLAP, MentionClass, by_sentence, counted_parts
from ner_pruning.terms import REGULAR, Run

SEEN_MENTIONS, UNSEEN_MENTIONS = "seen mentions", "unseen mentions"
"""What stands for a test set in these replicates: mentions of the regular one that are training mentions, or not."""

_CLASSES = {SEEN_MENTIONS: MentionClass(OVERLAP, "seen"), UNSEEN_MENTIONS: MentionClass(OVERLAP, "unseen")}


def resampled_recall(
    found: Mapping[Run, Found], properties: Mapping[str, Properties], *, seed: int, resamples: int
) -> Replicates:
    """Return recall of seen and of unseen mentions of the regular test sets, as measured and resampled.

    found: by run; properties: by training set; seed, resamples: as for `bootstrap.resample`, which draws the same
    sentences for both, and moves each by the variance between seeds of its own kind. The test set of a cell is
    SEEN_MENTIONS or UNSEEN_MENTIONS. There is none where no test set has LEAST_MENTIONS of either.
    """
    parts = [Replicates(pd.DataFrame([], columns=CELL_COLUMNS), np.empty((0, 1 + resamples)))]
    for name, mentions in _CLASSES.items():
        counts = [
            {
                (name, language): by_sentence(of_set, members, part, np.ones(len(part)))
                for (_, language), part, of_set, members in counted_parts(
                    of_run, properties[run.training_set], mentions, [REGULAR]
                )
            }
            for run, of_run in found.items()
        ]
        if any(counts):
            parts.append(resample(list(found), counts, seed=seed, resamples=resamples))
    return joined(parts)


def joined(parts: Sequence[Replicates]) -> Replicates:
    """Return replicates of different cells as one; those of no cell do not count."""
    parts = [part for part in parts if len(part.cells)] or list(parts[:1])
    cells = pd.concat([part.cells for part in parts], ignore_index=True)
    return Replicates(cells, np.concatenate([part.values for part in parts]))
