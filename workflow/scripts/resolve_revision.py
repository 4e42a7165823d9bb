"""Write the commit that a revision on the Hub stands for, so that a whole study reads the same one."""

from jobs.logs import log_to
from ner_pruning.data.hub import resolve_revision
from ner_pruning.files import write_json


def main(out_json: str, repository: str, revision: str, repo_type: str) -> None:
    """Resolve a branch, tag or commit of a "dataset" or "model"; the file holds repository, revision and commit."""
    commit = resolve_revision(repository, revision, repo_type)
    write_json(out_json, {"repository": repository, "revision": revision, "commit": commit})
    print(f"{repository}: revision {revision} is commit {commit}")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params = snakemake.params
        main(snakemake.output[0], params.repository, params.revision, params.repo_type)
