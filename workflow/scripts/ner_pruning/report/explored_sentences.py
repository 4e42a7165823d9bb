"""The sentences that the page of results shows: which they are, and their mentions as spans of words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ner_pruning.data.mentions import find_mentions
from ner_pruning.data.wikiann import Corpus
from ner_pruning.terms import TYPES, Types

SENTENCES = 30
"""Of each language and setting."""

Tags = Sequence[int]
"""Tag ids of a sentence, one a word."""

Span = tuple[int, int, int]
"""The place of a mention's type among the entity types, its first word, and the word after its last."""


def spans(tags: Tags, types: Types = TYPES) -> list[Span]:
    """Return the mentions of a sentence."""
    return [(types.index(mention.type), mention.start, mention.end) for mention in find_mentions(tags, types)]


def lowest_changes(
    dense: Sequence[Tags], pruned: Iterable[tuple[int, Sequence[Tags]]], types: Types = TYPES
) -> list[int | None]:
    """Return for each sentence the lowest sparsity at which a pruned model finds other mentions than the dense one.

    dense: tags by sentence; pruned: sparsity, and tags by sentence, of each model. None where no model does.
    """
    lowest: list[int | None] = [None] * len(dense)
    for sparsity, tags_of_model in sorted(pruned, key=lambda model: model[0], reverse=True):
        for row, (before, after) in enumerate(zip(dense, tags_of_model, strict=True)):
            # most are equal, and tags that differ may mean the same mentions
            if list(before) != list(after) and find_mentions(before, types) != find_mentions(after, types):
                lowest[row] = sparsity
    return lowest


def chosen_rows(lowest: Sequence[int | None], number: int = SENTENCES) -> list[int]:
    """Return the rows of the sentences to show: those that change at the lowest sparsity first, then in their order.

    lowest: of `lowest_changes`. Sentences that never change come last; all rows, where there are no more than `number`.
    """
    ranked = sorted(range(len(lowest)), key=lambda row: (lowest[row] is None, lowest[row] or 0, row))
    return ranked[:number]


def replaced_words(regular: Corpus, perturbed: Corpus, row: int) -> list[list[int]]:
    """Return where a perturbed sentence has other words for a mention: [first word, word after the last] of each.

    regular: what `perturbed` was made from, sentence by sentence, or is. A perturbation keeps the number and the order
    of the mentions; raises ValueError for sentences that differ in their number.
    """
    before, after = (find_mentions(corpus.tags[row], corpus.types) for corpus in (regular, perturbed))
    return [
        [new.start, new.end]
        for old, new in zip(before, after, strict=True)
        if regular.tokens[row][old.start : old.end] != perturbed.tokens[row][new.start : new.end]
    ]


def shown_test_set(
    rows: Sequence[int], regular: Corpus, corpus: Corpus, predicted: Mapping[str, Mapping[int, Tags]]
) -> dict[str, Any]:
    """Return what the page shows of some sentences of a test set, item by item in the order of `rows`.

    regular: the regular test set, which `corpus` was made from sentence by sentence, or is; predicted: the tags of each
    variant by row. Keys: words; gold and predicted (by variant), spans; replaced, of `replaced_words`.
    """
    return {
        "words": [corpus.tokens[row] for row in rows],
        "gold": [spans(corpus.tags[row], corpus.types) for row in rows],
        "replaced": [replaced_words(regular, corpus, row) for row in rows],
        "predicted": {variant: [spans(tags[row], corpus.types) for row in rows] for variant, tags in predicted.items()},
    }
