"""Write the perturbed test set of one language, and what was replaced in it."""

from typing import Any

from jobs.logs import log_to
from ner_pruning.data.perturbation import mention_pool, replace_mentions
from ner_pruning.data.wikiann import read_corpus, write_corpus
from ner_pruning.files import write_json


def main(
    test_path: str,
    pool_paths: dict[str, str],
    unique_mentions: bool,
    out_parquet: str,
    out_json: str,
    **options: Any,
) -> None:
    """Perturb a test set; pool_paths: pool languages to what replaces; options: those of `replace_mentions`."""
    test = read_corpus(test_path)
    pool = mention_pool((read_corpus(path) for path in pool_paths.values()), unique_mentions, test.types)
    perturbed, counts = replace_mentions(test, pool, **options)
    counts["pool_languages"] = sorted(pool_paths)
    write_corpus(out_parquet, perturbed)
    write_json(out_json, counts)
    print(f"{options['perturbation']} {options['language']}: {counts}")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        main(
            files.test,
            dict(zip(params.pool_languages, files.pool, strict=True)),
            params.unique_mentions,
            snakemake.output.test,
            snakemake.output.counts,
            seed=params.seed,
            share=params.share,
            perturbation=params.perturbation,
            language=params.language,
        )
