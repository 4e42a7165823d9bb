"""Put all that a language is evaluated on into one file."""

from jobs.logs import log_to
from ner_pruning.data.test_sets import write_evaluation
from ner_pruning.data.wikiann import read_corpus


def main(paths: dict[str, str], out: str) -> None:
    """Write the evaluation file; paths: corpora by the name of the test set, in their order."""
    write_evaluation(out, {name: read_corpus(path) for name, path in paths.items()})


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(dict(zip(snakemake.params.test_sets, snakemake.input, strict=True)), snakemake.output[0])
