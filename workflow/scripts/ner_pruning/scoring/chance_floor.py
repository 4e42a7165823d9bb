"""The two floors of a test set: the F1 that the gold of other sentences gets on it, and that of shuffled gold tags."""

from collections.abc import Sequence

import numpy as np

from ner_pruning.scoring.f1 import GoldRow, LocatedMentions


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
    gold = GoldRow(tags)
    mentions, first = gold.mentions, gold.first
    if len(tags) < 2 or not len(mentions.start):
        return {"mean": None, "low": None, "high": None, "derangements": 0}
    sentence = np.searchsorted(first, mentions.start, side="right") - 1
    start, end = mentions.start - first[sentence], mentions.end - first[sentence]
    lengths = np.diff(first) - 1

    random = np.random.default_rng(seed)
    f1 = np.empty(derangements)
    for draw in range(derangements):
        target = draw_derangement(len(tags), random)[sentence]  # the sentence that is given the mention
        kept = start < lengths[target]
        moved_end = np.minimum(end, lengths[target])  # a cut mention ends with its sentence, as in seqeval
        moved = (first[target] + start, first[target] + moved_end, mentions.type, mentions.begun)
        f1[draw] = gold.f1_of(LocatedMentions(*(part[kept] for part in moved)))
    return {**_summary(f1), "derangements": derangements}


def shuffle_floor(tags: Sequence[Sequence[int]], *, seed: int, shuffles: int = 100) -> dict[str, float | int | None]:
    """Return the F1 of the gold tags of all words of a test set, shuffled over its words: of tags that say nothing.

    tags: gold tag ids, one list per sentence. A shuffle keeps the number of each tag and the lengths of the sentences,
    and nothing else; its mentions are those of seqeval's default mode, to which an I- tag without a mention before it
    begins one. Returns mean, low and high (2.5 and 97.5 percentiles over the shuffles) of the micro F1 and the number
    of shuffles; None, and 0 shuffles, without a mention.
    """
    gold = GoldRow(tags)
    if not len(gold.mentions.start):
        return {"mean": None, "low": None, "high": None, "shuffles": 0}
    random, row, of_words = np.random.default_rng(seed), gold.row.copy(), gold.row[gold.words]
    f1 = np.empty(shuffles)
    for draw in range(shuffles):
        row[gold.words] = random.permutation(of_words)
        f1[draw] = gold.f1(row)
    return {**_summary(f1), "shuffles": shuffles}


def _summary(f1: np.ndarray) -> dict[str, float]:
    """Return mean, low and high (2.5 and 97.5 percentiles) of the F1 of some draws."""
    low, high = np.percentile(f1, [2.5, 97.5])
    return {"mean": float(f1.mean()), "low": float(low), "high": float(high)}
