"""Write the commit that the encoder's revision stands for."""

from jobs.logs import log_to
from ner_pruning.data.hub import resolve_revision
from ner_pruning.files import write_json


def main(out_json: str, name: str, revision: str) -> None:
    """Resolve a branch, tag or commit of a Hub model; the file holds repository, revision and commit."""
    commit = resolve_revision(name, revision, "model")
    write_json(out_json, {"repository": name, "revision": revision, "commit": commit})
    print(f"{name}: revision {revision} is commit {commit}")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.output[0], snakemake.params.name, snakemake.params.revision)
