"""Write table 10 or 11: sentences of a test set and their perturbed form."""

from collections.abc import Sequence

from jobs.logs import log_to
from ner_pruning.data.wikiann import read_corpus
from ner_pruning.report.data_tables import examples_table
from ner_pruning.study.languages import listed, read_languages
from ner_pruning.table import save_table
from ner_pruning.terms import Provenance


def main(
    test: str,
    perturbed: str,
    languages_paths: Sequence[str],
    language: str,
    number: int,
    examples: int,
    provenance: Provenance,
    *out: str,
) -> None:
    """Write the table; test, perturbed: paths of a test set and of what the perturbation made of it."""
    before, after = read_corpus(test), read_corpus(perturbed)
    pairs = [
        (row, (before.tokens[row], before.tags[row]), (tokens, tags))
        for row, tokens, tags in zip(after.original, after.tokens, after.tags, strict=True)
    ]
    language_row = read_languages(*languages_paths)[language]
    table = examples_table(pairs, number, language_row, examples, provenance, before.types)
    save_table(table, out)
    print(table.markdown())


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params, out = snakemake.input, snakemake.params, snakemake.output
        names = (params.language, params.number, params.examples, Provenance(**params.provenance))
        main(files.test, files.perturbed, listed(files.languages), *names, *out)
