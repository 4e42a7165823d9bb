"""Tables 1-11 as frames of text, and their CSV and Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from compression.analysis import (
    SUMMARY,
    chance_by_language,
    count,
    f1_by_sparsity,
    seeds_by_sparsity,
    size_class,
)
from compression.languages import Language
from compression.mentions import find_mentions
from compression.terms import IN_LANGUAGE, MONOLINGUAL, MULTILINGUAL, REGULAR

NOTHING = "–"
"""What a Markdown table shows where there is no score; the CSV cell is empty."""


F1_TABLES: dict[int, tuple[str, str, str]] = {
    2: (MULTILINGUAL, REGULAR, "partial"),
    3: (MULTILINGUAL, REGULAR, "full"),
    4: (MULTILINGUAL, IN_LANGUAGE, "partial"),
    5: (MULTILINGUAL, IN_LANGUAGE, "full"),
    6: (MONOLINGUAL, REGULAR, "partial"),
    7: (MONOLINGUAL, REGULAR, "full"),
    8: (MONOLINGUAL, IN_LANGUAGE, "partial"),
    9: (MONOLINGUAL, IN_LANGUAGE, "full"),
}
"""Setting, test set and scope of tables 2-9, in the paper's order."""


@dataclass(frozen=True)
class Table:
    """A table ready to write.

    rows: text in every cell, "" where there is no value; title: the paper's caption, adapted; notes: sentences that
    say what is behind the numbers.
    """

    title: str
    notes: list[str]
    rows: pd.DataFrame

    def csv(self) -> str:
        """Return the rows as CSV with a header line."""
        return self.rows.to_csv(index=False, lineterminator="\n")

    def markdown(self) -> str:
        """Return title, table and notes as GitHub Markdown; numbers to the right."""
        shown = self.rows.map(_escape_markdown).replace("", NOTHING)
        align = ["right" if _is_numeric(self.rows[column]) else "left" for column in self.rows]
        table = shown.to_markdown(index=False, tablefmt="pipe", disable_numparse=True, colalign=align)
        return "\n\n".join([f"**{self.title}**", table, *self.notes]) + "\n"


def _is_numeric(column: pd.Series) -> bool:
    return pd.to_numeric(column.replace("", None), errors="coerce").notna().eq(column != "").all()


def _escape_markdown(text: str) -> str:
    """Return text that Markdown shows as it is, inside a table too."""
    for character in "\\|*_`<>~#$":
        text = text.replace(character, "\\" + character)
    return text


def _demo(demo: bool) -> str:
    return " (demo on synthetic text)" if demo else ""


def data_sizes_table(
    train_sentences: Mapping[str, int],
    monolingual: Sequence[str],
    resource: Mapping[str, Language],
    size_classes: Sequence[int],
    study: str,
    demo: bool,
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
        share = sum(resource[language].pretraining_share for language in languages) / len(languages)
        rows.append(
            {
                "# Sent.": str(size),
                "Languages": " ".join(code + "*" * (code in monolingual) for code in sorted(languages)),
                "Pretr. Token %": f"{share:.2f}",
                "Sentences counted": str(high) if low == high else f"{low}–{high}",
            }
        )
    title = "Table 1: Data sizes and languages, and their average representation in mBERT's pre-training" + _demo(demo)
    notes = [
        f"Study {study}: {count(len(train_sentences), 'language')}. # Sent.: the class of training sizes (the smallest "
        "that is not smaller than the training set, else the largest); Sentences counted: training sentences of its "
        "languages. Pretr. Token %: the average share the paper gives for a language's class, averaged over the "
        "languages here.",
    ]
    if monolingual:
        notes.append("\\* also fine-tuned on this language alone (underlined in the paper).")
    return Table(title, notes, pd.DataFrame(rows))


def f1_table(
    scores: pd.DataFrame, number: int, languages: Sequence[str], study: str, encoder: str, demo: bool
) -> Table:
    """Return one of tables 2-9: F1 by language and sparsity, mean over seeds, with means and medians.

    scores: the study's tidy scores; languages: those of the table's setting, in the order of the rows. The tables of
    perturbed test sets have the chance floor and the shares of changed and unseen mentions beside the scores.
    Raises InputError when the study holds no score for the table.
    """
    setting, test_set, scope = F1_TABLES[number]
    f1 = f1_by_sparsity(scores, setting, test_set, scope, languages)
    seeds = seeds_by_sparsity(scores, setting, test_set, scope, languages)
    rows = f1.rename(columns=str)
    perturbed = test_set != REGULAR
    if perturbed:
        rows = rows.join(chance_by_language(scores, setting, test_set, languages))
    rows = rows.map(lambda value: "" if pd.isna(value) else f"{value:.4f}").rename_axis(columns=None).reset_index()
    data = f"perturbed data ({test_set})" if perturbed else "regular data"
    title = (
        f"Table {number}: F1 scores for {setting} fine-tuning on the {data} for various levels of sparsity "
        f"{'without' if scope == 'partial' else 'with'} pruning embedding layers{_demo(demo)}"
    )
    notes = [f"Study {study}, encoder {_escape_markdown(encoder)}. {_counted(seeds)}"]
    notes.append("Columns: sparsity in percent; 0 is the dense model.")
    if perturbed:
        notes.append(
            "chance floor: F1 of the gold tags of other sentences on the same test set; changed: share of the mentions "
            "that the perturbation changed; unseen: share of the mentions, after it, that are absent from training."
        )
    return Table(title, notes, rows)


def _counted(seeds: pd.DataFrame) -> str:
    """Return sentences that say how many languages and seeds are behind a table; seeds: languages × sparsities."""
    most = int(seeds.to_numpy().max())
    scored = seeds[(seeds > 0).any(axis="columns")]
    sentences = [f"{count(len(scored), 'language')}; every F1 is the mean over {count(most, 'seed')}."]
    cells = [(f"{language} at {sparsity} %", int(n)) for (language, sparsity), n in scored.stack().items()]
    if fewer := [f"{cell} ({n})" for cell, n in cells if 0 < n < most]:
        sentences.append(f"Fewer seeds: {', '.join(fewer)}.")
    if absent := [*seeds.index.difference(scored.index), *(cell for cell, n in cells if n == 0)]:
        sentences.append(f"No score: {', '.join(absent)}; {' and '.join(SUMMARY)} are over the other languages.")
    return " ".join(sentences)


def mark_mentions(tokens: Sequence[str], tags: Sequence[int]) -> str:
    """Return a sentence as text in which a mention reads "[PER John Smith]"; tags: tag ids, one a word."""
    words = list(tokens)
    for mention in find_mentions(tags):
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
    study: str,
    demo: bool,
    least_words: int = 4,
) -> Table:
    """Return table 10 or 11: sentences of a test set beside what the in-language perturbation made of them.

    pairs: (row in the test set, original, perturbed), in the order of the perturbed set. The first `examples` pairs are
    shown that differ in a mention and have at least `least_words` words before and after; all, if there are fewer.
    """
    rows = []
    for sentence, original, perturbed in pairs:
        if len(rows) == examples:
            break
        if min(len(original[0]), len(perturbed[0])) < least_words or list(original[0]) == list(perturbed[0]):
            continue
        rows.append(
            {"sentence": str(sentence), "original": mark_mentions(*original), "perturbed": mark_mentions(*perturbed)}
        )
    title = (
        f"Table {number}: Example of test sentences for {language.name} ({language.code}) using the entity mention "
        "replacement (Dai and Adel, 2020) technique where an entity is randomly swapped with another entity of the "
        f"same type, in-language{_demo(demo)}"
    )
    shown = f"the first {count(len(rows), 'sentence')}" if rows else "no sentence"
    notes = [
        f"Study {study}: {shown} of the test set with at least {least_words} words in which a mention was changed; "
        "sentence: its row in the test set, counted from 0."
    ]
    return Table(title, notes, pd.DataFrame(rows, columns=["sentence", "original", "perturbed"]))
