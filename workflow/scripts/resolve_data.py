"""Write the commit that the data set's revision stands for, so that every language comes from the same one."""

from jobs.logs import log_to
from ner_pruning.data.hub import resolve_revision
from ner_pruning.files import write_json


def main(out_json: str, repository: str, revision: str) -> None:
    """Resolve a branch, tag or commit of a Hub data set; the file holds repository, revision and commit."""
    commit = resolve_revision(repository, revision, "dataset")
    write_json(out_json, {"repository": repository, "revision": revision, "commit": commit})
    print(f"{repository}: revision {revision} is commit {commit}")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.output[0], snakemake.params.repository, snakemake.params.revision)
