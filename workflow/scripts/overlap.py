"""Write the mentions that the test sets of some languages share with one training set."""

from collections.abc import Iterable, Mapping

from jobs.logs import log_to
from ner_pruning.data.overlap import known_mentions, overlap
from ner_pruning.data.test_sets import read_names, read_test_set
from ner_pruning.data.wikiann import read_corpus
from ner_pruning.files import write_csv
from ner_pruning.terms import VALIDATION

COLUMNS = ("language", "test_set", "mentions", "seen", "unseen_share")


def main(train_paths: Iterable[str], evaluation_paths: Mapping[str, str], out: str) -> None:
    """Write one row per test set, validation left out; evaluation_paths: evaluation files by language."""
    training_mentions = known_mentions(read_corpus(path) for path in train_paths)
    rows = [
        {"language": language, "test_set": name, **overlap(training_mentions, read_test_set(path, name))}
        for language, path in evaluation_paths.items()
        for name in read_names(path)
        if name != VALIDATION
    ]
    write_csv(out, rows, COLUMNS)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        evaluation_paths = dict(zip(snakemake.params.languages, snakemake.input.evaluation, strict=True))
        main(snakemake.input.train, evaluation_paths, snakemake.output[0])
