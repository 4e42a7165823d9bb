"""Put all that a language is evaluated on into one file."""

from jobs.logs import log_to
from ner_pruning.data.tag_schemes import of_study
from ner_pruning.data.test_sets import write_evaluation
from ner_pruning.data.wikiann import read_corpus


def main(paths: dict[str, str], out: str, types_path: str | None = None) -> None:
    """Write the evaluation file; paths: corpora by the name of the test set, in their order.

    types_path: JSON of the study's entity types, None where each corpus has them already.
    """
    write_evaluation(out, {name: of_study(read_corpus(path), types_path, path) for name, path in paths.items()})


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files = snakemake.input
        test_sets = dict(zip(snakemake.params.test_sets, files.corpora, strict=True))
        main(test_sets, snakemake.output[0], files.get("types"))
