"""Write the two floors of each test set of one language: F1 of the gold of other sentences, and of shuffled tags."""

from jobs.logs import log_to
from ner_pruning.data.test_sets import read_names, read_test_set
from ner_pruning.files import write_json
from ner_pruning.scoring.chance_floor import chance_floor, shuffle_floor
from ner_pruning.terms import VALIDATION


def main(evaluation_path: str, seed: int, derangements: int, out_json: str) -> None:
    """Write the chance floor of every test set of a language but validation, and under `shuffled` the shuffle floor."""
    floors = {}
    for name in read_names(evaluation_path):
        if name != VALIDATION:
            tags = read_test_set(evaluation_path, name).tags
            shuffled = shuffle_floor(tags, seed=seed, shuffles=derangements)
            floors[name] = chance_floor(tags, seed=seed, derangements=derangements) | {"shuffled": shuffled}
            print(f"{evaluation_path}, {name}: {floors[name]}")
    write_json(out_json, floors)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input[0], **snakemake.params.chance_floor, out_json=snakemake.output[0])
