"""Bootstrap intervals of F1: those of a made-up study of the paper's size, and of one difference beside scipy's."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy import stats
from snakemake.utils import update_config
from spreads import spread, three_digits

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from ner_pruning.claims.ledger import ledger, published_cells  # noqa: E402
from ner_pruning.claims.paper_claims import Evidence  # noqa: E402
from ner_pruning.claims.paper_scores import read_published  # noqa: E402
from ner_pruning.data.language_groups import groupings, language_groups  # noqa: E402
from ner_pruning.scoring.score_table import FLOOR_COLUMNS  # noqa: E402
from ner_pruning.statistics.bootstrap import Counts, resample  # noqa: E402
from ner_pruning.statistics.interval_table import intervals_table  # noqa: E402
from ner_pruning.statistics.intervals import Cells, estimate  # noqa: E402
from ner_pruning.study.grid import study_runs, training_languages  # noqa: E402
from ner_pruning.study.languages import Language, pool_languages, read_languages  # noqa: E402
from ner_pruning.terms import REGULAR, Run  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what each stage takes for a made-up study, then the ratio of one interval of scipy's to one of ours."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--study", type=Path, help="an overlay on config.yaml whose runs are made up; the paper's")
    parser.add_argument("--sentences", type=int, default=10_000, help="of the difference that scipy computes, too")
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args(arguments)
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    if options.study is not None:
        update_config(config, yaml.safe_load(options.study.read_text(encoding="utf-8")))
    whole_study(config, read_languages(ROOT / "resources" / "languages.tsv"))
    one_difference(config["bootstrap"], options.sentences, options.repetitions)


def whole_study(config: dict, table: dict[str, Language]) -> None:
    """Print the seconds of replicates, intervals and claims of a study with made-up counts of its real sizes."""
    runs = study_runs(config)
    counts = made_up_study(runs, config, table)
    sizes = {code: table[code].train_size for code in config["languages"]}
    languages = language_groups(sizes, table, [row["up_to"] for row in config["schedules"]])
    groups, scores = groupings(languages.set_index("language")), scores_of(runs, counts)
    replicates, seconds = timed(lambda: resample(runs, counts, **config["bootstrap"]))
    triples = sum(len(part) for part in counts)
    print(f"{len(runs)} runs, {triples} triples of run, language and test set, {len(replicates.cells)} cells")
    print(f"replicates {three_digits(seconds)} s")
    floors = {(code, test_set): 0.05 for code in sizes for test_set in (REGULAR, *config["perturbations"])}
    cells = Cells(replicates, floors)
    intervals, seconds = timed(lambda: intervals_table(cells, groups, scores))
    print(f"{len(intervals)} intervals {three_digits(seconds)} s")
    evidence = Evidence(cells, sizes, groups["family"], groups["script"], dict.fromkeys(sizes, 0.5), floors)
    published = published_cells(read_published(ROOT / "resources" / "paper_f1.csv"))
    claims, seconds = timed(lambda: ledger(evidence, published))
    print(f"{len(claims)} rows of the claims ledger {three_digits(seconds)} s")


def made_up_study(runs: Sequence[Run], config: dict, table: dict[str, Language]) -> list[Counts]:
    """Return counts of every run on every test set of its languages, of the test sizes of Table 1."""
    random = np.random.default_rng(0)
    counts = []
    for run in runs:
        counts.append({})
        for language in training_languages(run.training_set, config):
            for test_set in [REGULAR, *config["perturbations"]]:
                pool = [language]
                if test_set != REGULAR:
                    pool = pool_languages(language, test_set, config["languages"], table)
                if pool:
                    counts[-1][test_set, language] = made_up_counts(random, table[language].test_size)
    return counts


def scores_of(runs: Sequence[Run], counts: Sequence[Counts]) -> pd.DataFrame:
    """Return the scores of counts, with made-up properties of the test sets."""
    rows = []
    for run, part in zip(runs, counts, strict=True):
        of_run = {"setting": run.setting, "scope": run.scope, "sparsity": run.sparsity, "seed": run.seed}
        for (test_set, language), each in part.items():
            correct, predicted, gold = each.sum(axis=0)
            f1 = 2 * correct / (predicted + gold)
            rows.append(of_run | {"test_set": test_set, "language": language, "f1": f1})
    floors = dict.fromkeys(FLOOR_COLUMNS, 0.05)
    return pd.DataFrame(rows).assign(**floors, changed_share=0.9, unseen_share=0.5)


def made_up_counts(random: np.random.Generator, sentences: int) -> np.ndarray:
    """Return the correct, predicted and gold mentions of sentences with one or two mentions; recall is 0.7."""
    gold = random.integers(1, 3, size=sentences)
    correct = random.binomial(gold, 0.7)
    return np.stack([correct, correct, gold], axis=1).astype(np.int32)


def one_difference(bootstrap: dict[str, int], sentences: int, repetitions: int) -> None:
    """Print the interval of one paired difference of F1 by both, and the ratio of their seconds."""
    random = np.random.default_rng(0)
    runs = [Run("en", "dense", 1), Run("en", "partial-50", 1)]
    counts = [{(REGULAR, "en"): made_up_counts(random, sentences)} for _ in runs]
    dense, sparse = (part[REGULAR, "en"] for part in counts)

    def ours() -> tuple[float, float]:
        values = resample(runs, counts, **bootstrap).values
        interval = estimate(values[1] - values[0])
        return interval.low, interval.high

    def difference(rows: np.ndarray, axis: int = -1) -> np.ndarray:
        f1 = [2 * part[rows, 0].sum(axis) / part[:, 1:].sum(1)[rows].sum(axis) for part in (dense, sparse)]
        return f1[1] - f1[0]

    def scipys() -> tuple[float, float]:
        result = stats.bootstrap(
            (np.arange(sentences),),
            difference,
            n_resamples=bootstrap["resamples"],
            method="percentile",
            batch=100,
            rng=bootstrap["seed"],
        )
        return tuple(result.confidence_interval)

    ratios = []
    for _ in range(repetitions):
        (our_interval, our_seconds), (scipys_interval, scipys_seconds) = timed(ours), timed(scipys)
        ratios.append(scipys_seconds / our_seconds)
    for name, interval in (("ours", our_interval), ("scipy", scipys_interval)):
        print(f"difference of F1 on {sentences} sentences, {name}: {interval[0]:.5f} to {interval[1]:.5f}")
    print(f"ratio interval/scipy {spread(ratios)}")


def timed(work: Callable):
    """Return what some work returns, and the seconds it took."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start


if __name__ == "__main__":
    main()
