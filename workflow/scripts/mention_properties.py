"""Write what is known of the mentions of all test sets beside one training set: type, length, training frequency."""

from collections.abc import Iterable, Mapping

from jobs.logs import log_to
from ner_pruning.data.mention_properties import mention_frequencies, mention_properties, write_properties
from ner_pruning.data.test_sets import read_names, read_test_set
from ner_pruning.data.wikiann import read_corpus
from ner_pruning.terms import VALIDATION


def main(train_paths: Iterable[str], evaluation_paths: Mapping[str, str], out: str) -> None:
    """Write a row per test set and language, validation left out; evaluation_paths: evaluation files by language."""
    frequencies = mention_frequencies(read_corpus(path) for path in train_paths)
    parts = {
        (name, language): mention_properties(frequencies, read_test_set(path, name))
        for language, path in evaluation_paths.items()
        for name in read_names(path)
        if name != VALIDATION
    }
    write_properties(out, parts)
    print(f"{sum(map(len, parts.values()))} mentions of {len(parts)} test sets")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        evaluation_paths = dict(zip(snakemake.params.languages, snakemake.input.evaluation, strict=True))
        main(snakemake.input.train, evaluation_paths, snakemake.output[0])
