"""Write the entity types of a study whose config leaves them to the data: those of all its languages, by name."""

from collections.abc import Sequence

from jobs.logs import log_to
from ner_pruning.data.wikiann import types_in
from ner_pruning.files import write_json
from ner_pruning.parquet import read_metadata


def main(paths: Sequence[str], out: str) -> None:
    """Write the list; paths: of one corpus of each language, which names the types of all its splits."""
    types = sorted({type for path in paths for type in types_in(read_metadata(path), path)})
    write_json(out, types)
    print(f"{len(types)} entity types of {len(paths)} languages: {', '.join(types)}")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input, snakemake.output[0])
