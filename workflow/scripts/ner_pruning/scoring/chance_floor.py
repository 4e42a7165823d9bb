"""The chance floor of a test set: the F1 that the gold of other sentences gets on it."""

from collections.abc import Sequence

import numpy as np

from ner_pruning.scoring.f1 import LocatedMentions, locate_mentions, precision_recall_f1


def draw_derangement(number: int, random: np.random.Generator) -> np.ndarray:
    """Return a permutation of 0..number-1 that moves every item; number: 2 or more.

    Permutations with a fixed point are drawn again, so every derangement is equally likely; it takes e = 2.7 draws on
    average, whatever the number.
    """
    while True:
        permutation = random.permutation(number)
        if not (permutation == np.arange(number)).any():
            return permutation


def chance_floor(tags: Sequence[Sequence[int]], *, seed: int, derangements: int = 100) -> dict[str, float | int | None]:
    """Return the F1 that the gold of other sentences gets on a test set: the score of predictions out of line.

    tags: gold tag ids, one list per sentence. In each of the random derangements every sentence is given the gold of
    another one, cut to its length or filled up with O, and the micro F1 of seqeval's default mode is taken. Returns
    mean, low and high (2.5 and 97.5 percentiles over the derangements) and the number of derangements; with fewer than
    two sentences, or without a mention, there is no floor: None, and 0 derangements.
    """
    mentions, first = locate_mentions(tags)
    if len(tags) < 2 or not len(mentions.start):
        return {"mean": None, "low": None, "high": None, "derangements": 0}
    keys = mentions.keys(first[-1])
    key_at = np.full(first[-1], -1)  # key of the gold mention that starts at a position
    key_at[mentions.start] = keys
    sentence = np.searchsorted(first, mentions.start, side="right") - 1
    start, end = mentions.start - first[sentence], mentions.end - first[sentence]
    lengths = np.diff(first) - 1

    random = np.random.default_rng(seed)
    f1 = np.empty(derangements)
    for draw in range(derangements):
        target = draw_derangement(len(tags), random)[sentence]  # the sentence that is given the mention
        kept = start < lengths[target]
        moved_end = np.minimum(end, lengths[target])  # a cut mention ends with its sentence, as in seqeval
        moved = LocatedMentions(first[target] + start, first[target] + moved_end, mentions.type, mentions.begun)
        correct = (key_at[moved.start[kept]] == moved.keys(first[-1])[kept]).sum()
        f1[draw] = precision_recall_f1(int(correct), int(kept.sum()), len(keys))[2]
    low, high = np.percentile(f1, [2.5, 97.5])
    return {"mean": float(f1.mean()), "low": float(low), "high": float(high), "derangements": derangements}
