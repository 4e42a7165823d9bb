"""Tables of the data alone: table 1, and tables 10 and 11. No score makes them stale."""

from collections.abc import Mapping, Sequence

import pandas as pd

from ner_pruning.data.mentions import find_mentions
from ner_pruning.study.languages import Language
from ner_pruning.study.schedules import size_class
from ner_pruning.table import Table, count
from ner_pruning.terms import TYPES, Provenance, Types


def data_sizes_table(
    train_sentences: Mapping[str, int],
    monolingual: Sequence[str],
    resource: Mapping[str, Language],
    size_classes: Sequence[int],
    provenance: Provenance,
) -> Table:
    """Return table 1: training sizes, languages, and their average share of mBERT's pre-training tokens.

    train_sentences: sentences as counted in the training set, by language, in the order of the study; monolingual: the
    languages with a model of their own, marked with * (underlined in the paper); resource: rows of languages.tsv;
    size_classes: training sizes in ascending order. A language belongs to the smallest class that is not smaller, else
    the largest: the class that also selects its schedule.
    """
    classes: dict[int, list[str]] = {}
    for language, sentences in train_sentences.items():
        classes.setdefault(size_class(sentences, size_classes), []).append(language)
    rows = []
    for size, languages in sorted(classes.items()):
        counted = [train_sentences[language] for language in languages]
        low, high = min(counted), max(counted)
        shares = [share for code in languages if (share := resource[code].pretraining_share) is not None]
        rows.append(
            {
                "# Sent.": str(size),
                "Languages": " ".join(code + "*" * (code in monolingual) for code in sorted(languages)),
                "Pretr. Token %": f"{sum(shares) / len(shares):.2f}" if shares else "",
                "Sentences counted": str(high) if low == high else f"{low}–{high}",
            }
        )
    title = "Data sizes and languages, and their average representation in mBERT's pre-training" + provenance.in_title
    notes = [
        f"{provenance}: {count(len(train_sentences), 'language')}. # Sent.: the class of training sizes (the smallest "
        "that is not smaller than the training set, else the largest); Sentences counted: training sentences of its "
        "languages. Pretr. Token %: the average share the paper gives for a language's class, averaged over the "
        "languages here.",
    ]
    if monolingual:
        notes.append("* also fine-tuned on this language alone (underlined in the paper).")
    return Table("table-1", title, notes, pd.DataFrame(rows))


def mark_mentions(tokens: Sequence[str], tags: Sequence[int], types: Types = TYPES) -> str:
    """Return a sentence as text in which a mention reads "[PER John Smith]"; tags: tag ids, one a word."""
    words = list(tokens)
    for mention in find_mentions(tags, types):
        words[mention.start] = f"[{mention.type} {words[mention.start]}"
        words[mention.end - 1] += "]"
    return " ".join(words)


Sentence = tuple[Sequence[str], Sequence[int]]
"""Words and tag ids of a sentence."""


def examples_table(
    pairs: Sequence[tuple[int, Sentence, Sentence]],
    number: int,
    language: Language,
    examples: int,
    provenance: Provenance,
    types: Types = TYPES,
    least_words: int = 4,
) -> Table:
    """Return table 10 or 11: sentences of a test set beside what the in-language perturbation made of them.

    pairs: (row in the test set, original, perturbed), in the order of the perturbed set; types: of their tags. The
    first `examples` pairs are shown that differ in a mention and have at least `least_words` words before and after;
    all, if there are fewer.
    """
    rows = []
    for sentence, original, perturbed in pairs:
        if len(rows) == examples:
            break
        if min(len(original[0]), len(perturbed[0])) < least_words or list(original[0]) == list(perturbed[0]):
            continue
        rows.append(
            {
                "sentence": str(sentence),
                "original": mark_mentions(*original, types),
                "perturbed": mark_mentions(*perturbed, types),
            }
        )
    title = (
        f"Example of test sentences for {language.name} ({language.code}) using the entity mention "
        "replacement (Dai and Adel, 2020) technique where an entity is randomly swapped with another entity of the "
        f"same type, in-language{provenance.in_title}"
    )
    shown = f"the first {count(len(rows), 'sentence')}" if rows else "no sentence"
    notes = [
        f"{provenance}: {shown} of the test set with at least {least_words} words in which a mention was changed; "
        "sentence: its row in the test set, counted from 0."
    ]
    return Table(f"table-{number}", title, notes, pd.DataFrame(rows, columns=["sentence", "original", "perturbed"]))
