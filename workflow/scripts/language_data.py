"""Write one language's training, validation and test sentences, checked, from the source that the study names."""

from typing import Any

from jobs.logs import log_to
from ner_pruning.data.sources import check_sizes, read_hub, read_local
from ner_pruning.data.wikiann import write_corpus
from ner_pruning.files import read_json


def main(
    out_paths: dict[str, str], source: str, language: str, origin: Any, expected: dict[str, int], other_sizes: bool
) -> None:
    """Write a language's three splits; out_paths and expected (numbers of sentences): by train, validation and test.

    origin: with source `hub` the JSON file of `resolve_data`, with `local` the folder, with `synthetic` a mapping of
    sizes (number of sentences of each split) and seed. other_sizes: whether others than the expected are allowed.
    """
    if source == "hub":
        resolved = read_json(origin)
        corpora = read_hub(resolved["repository"], language, resolved["commit"])
    elif source == "local":
        corpora = read_local(origin, language)
    else:
        from ner_pruning.data.synthetic import generate  # needs libraries that real data do without

        corpora = generate(language, **origin)
    check_sizes(language, corpora, expected, other_sizes)
    for split, path in out_paths.items():
        write_corpus(path, corpora[split])
    print(f"{language}: {', '.join(f'{len(corpora[split])} {split}' for split in out_paths)} sentences")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        source, params = snakemake.params.source, snakemake.params
        origins = {"hub": snakemake.input.get("resolved"), "local": params.folder, "synthetic": params.synthetic}
        out_paths, sizes = dict(snakemake.output.items()), (params.expected, params.allow_other_sizes)
        main(out_paths, source, params.language, origins[source], *sizes)
