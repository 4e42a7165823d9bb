"""Write the chance floor of each test set of one language: the F1 that the gold of other sentences gets on it."""

from compression.files import write_json
from compression.scoring import chance_floor
from compression.wikiann import read_corpus
from logs import log_to


def main(test_sets: dict[str, str], seed: int, derangements: int, out_json: str) -> None:
    """Write mean, low, high and derangements by test set; test_sets: paths by name."""
    floors = {}
    for name, path in test_sets.items():
        floors[name] = chance_floor(read_corpus(path).tags, seed=seed, derangements=derangements)
        print(f"{path}: {floors[name]}")
    write_json(out_json, floors)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params = snakemake.params
        test_sets = dict(zip(params.test_sets, snakemake.input, strict=True))
        main(test_sets, params.seed, params.derangements, snakemake.output[0])
