"""Perturbed test sets by entity mention replacement (Dai & Adel 2020)."""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

from ner_pruning.data.mentions import find_mentions, mention_tags
from ner_pruning.data.overlap import Words, known_mentions, typed_mentions
from ner_pruning.data.wikiann import Corpus
from ner_pruning.terms import TYPES, Types

Pool = dict[str, list[Words]]
DRAW_BITS = 128


def _all_mentions(corpora: Iterable[Corpus]) -> list[tuple[str, Words]]:
    return [mention for corpus in corpora for mention in typed_mentions(corpus)]


def mention_pool(corpora: Iterable[Corpus], unique: bool = True, types: Types = TYPES) -> Pool:
    """Return the mentions of all corpora by type, sorted by code point; each once, or with `unique` false as often as
    it occurs.

    Every type of `types` is a key, with an empty list where no corpus has a mention of it; other types are left out.
    The order of the corpora makes no difference.
    """
    mentions: Iterable[tuple[str, Words]] = known_mentions(corpora) if unique else _all_mentions(corpora)
    return {type: sorted(words for other, words in mentions if other == type) for type in types}


def keyed_draw(*key: str | int) -> int:
    """Return a random number from 0 to 2**128 - 1 that is a function of `key` alone.

    It is the BLAKE2b digest of the key's parts, joined by NUL. A hash, unlike the generators of `random` and `numpy`,
    is the same in all versions of Python and numpy, and costs 1-2 microseconds where seeding a generator costs 10-20.
    """
    text = "\0".join(str(part) for part in key)
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8"), digest_size=DRAW_BITS // 8).digest(), "big")


def draw_other(candidates: Sequence[Words], original: Words, draw: int) -> Words | None:
    """Return the candidate that `draw` picks, uniformly among those that are not `original`; None if there is none.

    candidates: sorted; one that is listed twice is picked twice as often. draw: a number of `keyed_draw`. It is scaled
    to the number of candidates and steps over the places of `original`, so nothing is drawn twice; the bias of scaling
    is below 2**-100.
    """
    place, after = bisect_left(candidates, original), bisect_right(candidates, original)
    own = after - place
    others = len(candidates) - own
    if others == 0:
        return None
    index = draw * others >> DRAW_BITS
    return candidates[index + own if index >= place else index]


def replace_mentions(
    corpus: Corpus, pool: Pool, *, seed: int, perturbation: str, language: str, share: float = 1.0
) -> tuple[Corpus, dict[str, Any]]:
    """Replace the mentions of a test set by random mentions of the same type (Dai & Adel 2020, mention replacement).

    Types and number of mentions and all O words stay, in order. A changed mention differs from its original words; the
    mention is kept when the pool has no other. Kept ones too are written as B- I- I-, so that the result is valid IOB2
    and adjacent mentions stay apart. Each mention draws by its own key (seed, perturbation, language, sentence number,
    mention number): what it becomes depends on nothing else but its words and the pool.

    pool: candidates by type, as `mention_pool` returns them. share: the probability, 0 to 1, that a mention is to be
    replaced. Returns the perturbed corpus, as many sentences as `corpus` with `original` counting them from 0, and the
    counts {"sentences", "mentions", "changed", "kept", "pool": {type: candidates}}; `kept` counts only the mentions
    kept for want of another.
    """
    all_tokens, all_tags = [], []
    mentions = changed = kept = 0
    for sentence, (tokens, tags) in enumerate(zip(corpus.tokens, corpus.tags, strict=True)):
        new_tokens: list[str] = []
        new_tags: list[int] = []
        copied = 0  # words of the original sentence that are done
        for number, mention in enumerate(find_mentions(tags, corpus.types)):
            key = (seed, perturbation, language, sentence, number)
            words = tuple(tokens[mention.start : mention.end])
            mentions += 1
            # The product is exact, and so is the comparison: share 1 takes every draw, share 0 none.
            if keyed_draw(*key, "replace") < share * 2**DRAW_BITS:
                other = draw_other(pool[mention.type], words, keyed_draw(*key, "mention"))
                if other is None:
                    kept += 1
                else:
                    words = other
                    changed += 1
            new_tokens += tokens[copied : mention.start]
            new_tags += tags[copied : mention.start]
            new_tokens += words
            new_tags += mention_tags(mention.type, len(words), corpus.types)
            copied = mention.end
        all_tokens.append(new_tokens + list(tokens[copied:]))
        all_tags.append(new_tags + list(tags[copied:]))
    counts = {
        "sentences": len(all_tokens),
        "mentions": mentions,
        "changed": changed,
        "kept": kept,
        "pool": {type: len(candidates) for type, candidates in pool.items()},
    }
    return Corpus(all_tokens, all_tags, list(range(len(all_tokens))), corpus.types), counts
