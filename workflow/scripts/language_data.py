"""Write one language's training, validation and test sentences, or one of them, checked, from the study's source."""

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.logs import log_to
from ner_pruning.data.sources import check_mentions, check_sizes, read_hub, read_local
from ner_pruning.data.tag_schemes import Converted, of_splits, with_types
from ner_pruning.data.wikiann import write_corpus
from ner_pruning.files import read_json
from ner_pruning.study.data_form import WIKIANN, DataForm


def main(
    out_paths: dict[str, str],
    source: str,
    language: str,
    origin: Any,
    expected: dict[str, int] | None,
    other_sizes: bool,
    form: DataForm = WIKIANN,
) -> None:
    """Write a language's splits; out_paths and expected (numbers of sentences): by train, validation and test.

    out_paths: of all three, or of the one that is to be read.

    origin: with source `hub` the JSON file of `resolve_data`, with `local` the folder, with `synthetic` a mapping of
    sizes (number of sentences of each split) and seed. other_sizes: whether others than the expected are allowed. form:
    how the files are named and written.
    """
    splits = read(source, language, origin, form, tuple(out_paths))
    corpora = {split: splits[split].corpus for split in out_paths}
    check_sizes(language, corpora, expected, other_sizes)
    check_mentions(language, corpora)
    for split, path in out_paths.items():
        write_corpus(path, splits[split].corpus, splits[split].record)
        if record := splits[split].record:
            print(f"{language}: {split}: {record}")
    print(f"{language}: {', '.join(f'{len(splits[split].corpus)} {split}' for split in out_paths)} sentences")


def read(source: str, language: str, origin: Any, form: DataForm, splits: Sequence[str]) -> Mapping[str, Converted]:
    """Return splits of a language, all with the same entity types; arguments as for `main`.

    splits: those that are needed, of local data: all of them where the entity types are those that the data have.
    """
    if source == "hub":
        resolved = read_json(origin)
        return of_splits(read_hub(resolved["repository"], language, resolved["commit"], form), form.entity_types)
    if source == "local":
        return of_splits(read_local(origin, language, form, splits), form.entity_types)
    from ner_pruning.data.synthetic import generate  # needs libraries that real data do without

    made = generate(language, **origin)
    types = form.entity_types or made["train"].types
    return {split: Converted(with_types(corpus, types, "synthetic text")) for split, corpus in made.items()}


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        source, params = snakemake.params.source, snakemake.params
        origins = {"hub": snakemake.input.get("resolved"), "local": params.folder, "synthetic": params.synthetic}
        out_paths, sizes = dict(snakemake.output.items()), (params.expected, params.allow_other_sizes)
        out_paths = out_paths or {snakemake.wildcards.split: snakemake.output[0]}
        form = DataForm.of(params.form or {})  # of none it is WikiAnn's
        main(out_paths, source, params.language, origins[source], *sizes, form)
