"""How often 95 % intervals of F1 hold its true value, in made-up studies with noise of sentences and of seeds.

A made-up study has two training sets with three seeds of each variant, from which the variance between seeds is known,
and a multilingual model with some number of seeds, whose intervals are looked at: of F1, and of the difference between
two variants, of one language and on average over four. All languages of a model share its seed's effect in part.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from scipy.special import expit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from ner_pruning.statistics.bootstrap import resampled_f1, seed_draws  # noqa: E402
from ner_pruning.statistics.intervals import estimate  # noqa: E402
from ner_pruning.statistics.seed_noise import SeedNoise  # noqa: E402
from ner_pruning.terms import MULTILINGUAL, REGULAR, Run  # noqa: E402

LANGUAGES = ("a", "b", "c", "d")
VARIANTS = ("dense", "partial-50")
LENDERS = ("x", "y")
"""Training sets whose models lend the variance between their seeds."""

METHODS = ("sentences only", "Multi-Bootstrap", "pooled variance")
STATISTICS = ("F1", "mean F1", "difference", "mean difference")


@dataclass(frozen=True)
class World:
    """Where made-up counts come from: a mention is right with a probability whose logit adds up normal effects.

    seed_sd: standard deviation of F1 between seeds, with endless sentences. common: share of that variance that is the
    same in all languages of a model. lent: seed_sd of the lenders, times that of the model that is looked at. The other
    standard deviations are of logits: of sentences, and of sentences by run.
    """

    seed_sd: float = 0.02
    common: float = 0.5
    lent: float = 1.0
    mean: float = 1.2
    sentence_sd: float = 1.2
    run_sd: float = 0.8

    @property
    def slope(self) -> float:
        """Return by how much the expected F1 grows with the logit."""
        return float(self.expected(self.mean + 0.01) - self.expected(self.mean - 0.01)) / 0.02

    def expected(self, mean: float) -> float:
        """Return the share of right mentions at some mean logit, over sentences, runs and seeds."""
        points, weights = np.polynomial.hermite_e.hermegauss(60)
        spread = np.hypot(self.sentence_sd, self.run_sd)
        return float(expit(mean + spread * points) @ weights / weights.sum())


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table of coverage, a row a number of sentences, seeds and statistic."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--studies", type=int, default=1000, help="made-up ones of each row")
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 5])
    parser.add_argument("--sentences", type=int, nargs="+", default=[100, 1000])
    for name, value in (("seed-sd", 0.02), ("common", 0.5), ("lent", 1.0)):
        parser.add_argument(f"--{name}", type=float, default=value, help="of World")
    options = parser.parse_args(arguments)
    world = World(options.seed_sd, options.common, options.lent)
    print(f"{options.studies} made-up studies, {world}")
    print(f"| sentences | seeds | statistic | {' | '.join(METHODS)} | width, pooled / sentences only |")
    print("|---:|---:|---|" + "---:|" * 4)
    for sentences, seeds in product(options.sentences, options.seeds):
        held, widths = coverage(world, sentences, seeds, options.studies, options.resamples)
        for place, statistic in enumerate(STATISTICS):
            shares = " | ".join(f"{100 * share:.1f}" for share in held[:, place])
            print(f"| {sentences:,} | {seeds} | {statistic} | {shares} | {widths[2, place] / widths[0, place]:.2f} |")


def coverage(world: World, sentences: int, seeds: int, studies: int, resamples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how often intervals hold the true value, and their mean widths; both METHODS × STATISTICS."""
    truth = true_f1(world)
    truths = np.array([truth, truth, 0.0, 0.0])
    held, widths = np.zeros((len(METHODS), len(STATISTICS))), np.zeros((len(METHODS), len(STATISTICS)))
    for study in range(studies):
        runs, counts = made_up_study(world, sentences, seeds, np.random.default_rng([7, study]))
        for method, values in enumerate(replicates(runs, counts, study, resamples)):
            differences = values[1] - values[0]
            statistics = values[0, 0], values[0].mean(axis=0), differences[0], differences.mean(axis=0)
            for place, statistic in enumerate(statistics):
                interval = estimate(statistic)
                held[method, place] += interval.low <= truths[place] <= interval.high
                widths[method, place] += interval.high - interval.low
    return held / studies, widths / studies


def true_f1(world: World) -> float:
    """Return the F1 that is measured on average over endless seeds and sentences."""
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    spread = world.seed_sd / world.slope
    return float(np.array([world.expected(world.mean + spread * point) for point in points]) @ weights / weights.sum())


def made_up_study(
    world: World, sentences: int, seeds: int, random: np.random.Generator
) -> tuple[list[Run], list[dict[tuple[str, str], np.ndarray]]]:
    """Return the runs of a study and the counts of each: those of the lenders have 100 sentences and three seeds."""
    runs, counts = [], []
    spread = world.seed_sd / world.slope
    for lender in LENDERS:
        part = gold_and_logits(world, 100, random)
        for variant, seed in product([f"partial-{number}" for number in range(13)], range(1, 4)):
            runs.append(Run(lender, variant, seed))
            counts.append({(REGULAR, lender): counts_of(world, part, world.lent * spread * random.normal(), random)})
    of_languages = {language: gold_and_logits(world, sentences, random) for language in LANGUAGES}
    for variant, seed in product(VARIANTS, range(1, seeds + 1)):
        common = random.normal()
        effects = np.sqrt(world.common) * common + np.sqrt(1 - world.common) * random.normal(size=len(LANGUAGES))
        runs.append(Run(MULTILINGUAL, variant, seed))
        counts.append(
            {
                (REGULAR, language): counts_of(world, of_languages[language], spread * effect, random)
                for language, effect in zip(LANGUAGES, effects, strict=True)
            }
        )
    return runs, counts


def gold_and_logits(world: World, sentences: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of mentions of each sentence, 1 or 2, and its logit."""
    return random.integers(1, 3, sentences), world.mean + world.sentence_sd * random.standard_normal(sentences)


def counts_of(
    world: World, part: tuple[np.ndarray, np.ndarray], effect: float, random: np.random.Generator
) -> np.ndarray:
    """Return sentences × (correct, predicted, gold) of a run whose seed has some effect; as many predicted as gold."""
    gold, logits = part
    correct = random.binomial(gold, expit(logits + effect + world.run_sd * random.standard_normal(len(gold))))
    return np.stack([correct, gold, gold], axis=1).astype(np.int32)


def replicates(
    runs: Sequence[Run], counts: Sequence[dict], study: int, resamples: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return F1, variants × languages × (1 + resamples), by each of METHODS."""
    looked_at = [(run, part) for run, part in zip(runs, counts, strict=True) if run.training_set == MULTILINGUAL]
    seeds = len(looked_at) // len(VARIANTS)
    noise = SeedNoise(runs, counts).of(MULTILINGUAL, REGULAR)
    by_language = []
    for language in LANGUAGES:
        columns = [(run, REGULAR, part[REGULAR, language]) for run, part in looked_at]
        f1 = resampled_f1(columns, language, study % 8, resamples)
        by_language.append(f1.reshape(len(VARIANTS), seeds, -1))
    f1 = np.stack(by_language, axis=1)  # variants × languages × seeds × (1 + resamples)
    mean = f1.mean(axis=2)
    # the same seeds for all variants and languages (Sellam et al. 2022)
    drawn = np.random.default_rng([8, study]).integers(seeds, size=(seeds, 1 + resamples))
    multi = np.take_along_axis(f1, np.broadcast_to(drawn, f1.shape), axis=2).mean(axis=2)
    multi[..., 0] = mean[..., 0]
    pooled = mean.copy()
    for (row, variant), (column, language) in product(enumerate(VARIANTS), enumerate(LANGUAGES)):
        draws = seed_draws(noise, study % 8, resamples, (MULTILINGUAL, variant), (language, REGULAR))
        f1_here = mean[row, column, 0]
        pooled[row, column, 1:] += np.sqrt(f1_here * (1 - f1_here) / seeds) * draws
    return mean, multi, pooled


if __name__ == "__main__":
    main()
