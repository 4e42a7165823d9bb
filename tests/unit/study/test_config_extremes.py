"""Every number of the config's schema at both ends of its range: it works, or is refused with the name of its key."""

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest
from ner_pruning.data import synthetic
from ner_pruning.data.perturbation import mention_pool, replace_mentions
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import InputError
from ner_pruning.scoring.chance_floor import chance_floor
from ner_pruning.statistics.bootstrap import resample
from ner_pruning.study.config import check_config
from ner_pruning.study.methods import PRUNING_METHODS, QUANTISATIONS, source_of_run
from ner_pruning.terms import MAGNITUDE, Run
from ner_pruning.training import finetune as finetune_module
from ner_pruning.training.encoder import random_encoder
from ner_pruning.training.encoder_check import settle_packing
from small_runs import FINETUNING, PRUNING, SCHEDULES, SIZES, WEIGHTS, WORDS, run
from study_configs import SCHEMA, TABLE, TINY, merged

Path = tuple[str, ...]

TAGGED = Corpus([["Ann", "ran"], ["to", "Rome"], ["Bob"]], [[1, 0], [0, 5], [1]])
TEXTS = [WORDS] * 3
OTHER_METHODS = PRUNING_METHODS.keys() - {MAGNITUDE}


def numbers(schema: dict[str, Any], path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the key of each number of a schema, "0" for an item of a list and "*" for any key, and what it allows."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    types = schema["type"] if isinstance(schema.get("type"), list) else [schema.get("type")]
    for type in {"integer", "number"}.intersection(types):
        if len(types) == 1 or "minimum" in schema:  # a column may be any number
            yield path, schema | {"type": type}
    for key, inner in schema.get("properties", {}).items():
        yield from numbers(inner, (*path, key))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from numbers(schema["additionalProperties"], (*path, "*"))
    if "items" in schema:
        yield from numbers(schema["items"], (*path, "0"))


def ends(allowed: dict[str, Any]) -> tuple[float, float]:
    """Return the smallest and the largest value that a schema allows; KeyError for a number without an end."""
    low = allowed["minimum"] if "minimum" in allowed else math.nextafter(allowed["exclusiveMinimum"], math.inf)
    high = allowed["maximum"] if "maximum" in allowed else math.nextafter(allowed["exclusiveMaximum"], -math.inf)
    return low, high


NUMBERS = dict(numbers(SCHEMA))
ENDS = [(path, value) for path, allowed in NUMBERS.items() for value in ends(allowed)]


def name(path: Path) -> str:
    return ".".join(path)


def named(path: Path) -> str:
    """Return what an error calls a key that is too large or too small beside others: steps are made of several."""
    words = {"batch_size": "in batches of", "epochs": "epochs", "train": "sentences in batches"}
    return words.get(path[-1], path[-2] if path[-1] == "0" else path[-1])


def trained(study, folder, monkeypatch, **options) -> None:
    """Train a fully pruned run for 30 steps at most: its losses and weights are finite, or it raises."""
    draw = finetune_module.draw_batches
    monkeypatch.setattr(finetune_module, "draw_batches", lambda *given: islice(draw(*given), 30))
    run(study, folder / "run", options.pop("variant", "full-50"), **options)


def built(sizes: dict[str, int], folder, max_length: int = 8) -> None:
    random_encoder(TEXTS, SIZES | sizes, sizes.get("seed", 0), folder / "encoder")
    settle_packing(folder / "encoder", max_length)


def trained_with(key: str):
    return lambda value, study, folder, patch: trained(study, folder, patch, finetuning=FINETUNING | {key: value})


def scheduled_with(key: str):
    """Train with one value of the schedule changed; a dense run, whose steps need no pruning."""
    return lambda value, study, folder, patch: trained(
        study, folder, patch, schedules=[SCHEDULES[0] | {key: value}], variant="dense"
    )


def built_with(key: str):
    """Build an encoder with one size changed, and another so that hidden is a multiple of heads, as a config's is."""

    def other(value: int) -> dict[str, int]:
        return {"hidden": {"heads": 1}, "heads": {"hidden": 8 * value}}.get(key, {})

    return lambda value, study, folder, patch: built({key: value} | other(value), folder)


def pruned_to(value, study, folder, patch):
    for threshold in ("layer", "global"):
        pruning = PRUNING | {"threshold": threshold}
        trained(study, folder, patch, variant=f"full-{value}", pruning=pruning)


def pruned_by(method: str):
    """Prune to a sparsity by a method, from the run that it starts from; 2:4 has but one sparsity."""

    def tried(value, study, folder, patch):
        wanted = Run("multilingual", f"partial-{value}-{method}", 1)
        source = source_of_run(wanted)
        if source is not None:
            trained(study, folder, patch, variant=source.variant)
            (folder / "run").rename(folder / "source")
        path = None if source is None else folder / "source" / WEIGHTS
        trained(study, folder, patch, variant=wanted.variant, source=path)

    return tried


def replaced(share: float, seed: int) -> None:
    corpus, counts = replace_mentions(
        TAGGED, mention_pool([TAGGED]), seed=seed, perturbation="in-language", language="en", share=share
    )
    assert len(corpus) == 3 and counts["mentions"] == 3
    assert counts["changed"] == (2 if share == 1 else 0)  # the one place has no other


def resampled(seed: int, resamples: int) -> None:
    counts = {("regular", "en"): np.array([[1, 1, 1], [0, 1, 1]], dtype=np.int32)}
    values = resample([Run("en", "dense", 1)], [counts], seed=seed, resamples=resamples).values
    assert values.shape == (1, 1 + resamples) and np.isfinite(values).all()


def floor_of(seed: int, derangements: int) -> None:
    floor = chance_floor(TAGGED.tags, seed=seed, derangements=derangements)
    assert floor["derangements"] == derangements and 0 <= floor["low"] <= floor["mean"] <= floor["high"] <= 1


def generated(seed: int, size: int) -> None:
    corpora = synthetic.generate("en", sizes={"train": size, "validation": 1, "test": 1}, seed=seed)
    assert len(corpora["train"]) == size


TRIED = {
    **{("finetuning", key): trained_with(key) for key in FINETUNING if ("finetuning", key) in NUMBERS},
    **{("schedules", "0", key): scheduled_with(key) for key in (*TINY["schedules"][0], "steps")},
    **{("encoder", "random", key): built_with(key) for key in (*SIZES, "seed")},
    ("seeds", "0"): lambda value, study, folder, patch: trained(study, folder, patch, seed=value),
    ("fewer_runs", "*", "seeds", "0"): lambda value, study, folder, patch: trained(study, folder, patch, seed=value),
    ("pruning", "sparsities", "0"): pruned_to,
    ("fewer_runs", "*", "sparsities", "0"): pruned_to,
    **{("pruning", "methods", method, "sparsities", "0"): pruned_by(method) for method in OTHER_METHODS - {"2to4"}},
    ("pruning", "methods", "random", "seeds", "0"): lambda value, study, folder, patch: trained(
        study, folder, patch, seed=value, variant="full-50-random"
    ),
    ("snapshots", "minutes"): lambda value, study, folder, patch: trained(study, folder, patch, snapshot_minutes=value),
    ("replacement", "share"): lambda value, *_: replaced(value, seed=0),
    ("replacement", "seed"): lambda value, *_: replaced(1.0, seed=value),
    ("bootstrap", "seed"): lambda value, *_: resampled(value, 1100),
    ("bootstrap", "resamples"): lambda value, *_: resampled(0, value),
    ("chance_floor", "seed"): lambda value, *_: floor_of(value, 100),
    ("chance_floor", "derangements"): lambda value, *_: floor_of(0, value),
    ("data", "synthetic", "seed"): lambda value, *_: generated(value, 2),
}
"""How a number is tried: (value, folder of a small study, an empty folder, monkeypatch)."""

SIZES_OF_DATA = [("data", "synthetic", "sizes", "*", split) for split in ("train", "validation", "test")]
SEEDS_OF_METHODS = [("pruning", "methods", method, "seeds", "0") for method in OTHER_METHODS - {"random"}]
OF_QUANTISATIONS = [("quantisation", name, key, "0") for name in QUANTISATIONS for key in ("seeds", "sparsities")]
AMONG_OTHERS = {*SEEDS_OF_METHODS, *OF_QUANTISATIONS, ("pruning", "methods", "2to4", "sparsities", "0")}
"""Numbers that must be among those of another key, which are tried, or of the method itself."""

COUNTED = {("jobs_per_gpu",), ("tables", "sentences"), ("diagnosis", "floor_factor"), *SIZES_OF_DATA}
"""Numbers that are only counted to, or compared with, whose largest value takes no other way than a small one."""


def test_every_number_has_two_ends_and_is_tried():
    assert set(NUMBERS) == set(TRIED) | COUNTED | AMONG_OTHERS


@pytest.mark.parametrize("path, value", ENDS, ids=[f"{name(path)}={value}" for path, value in ENDS])
def test_an_end_of_the_range(study, settings_of_torch, tmp_path, monkeypatch, path, value):
    if NUMBERS[path]["type"] == "number":
        value = float(value)  # as `make_floats` does
    try:
        check_config(merged(TINY, overlay(path, value)), SCHEMA, TABLE)
    except InputError as error:
        assert str(error).startswith("config: ") and named(path) in str(error), error
    if path in TRIED:
        try:
            TRIED[path](value, study, tmp_path, monkeypatch)
        except InputError as error:
            assert named(path) in str(error) and "diverged" not in str(error), error


@pytest.mark.parametrize("path", NUMBERS, ids=name)
def test_beyond_an_end_of_the_range(path):
    low, high = ends(NUMBERS[path])
    whole = NUMBERS[path]["type"] == "integer"
    for value in (low - 1 if whole else math.nextafter(low, -math.inf), high + 1 if whole else high * 1.1):
        with pytest.raises(InputError) as error:
            check_config(merged(TINY, overlay(path, value)), SCHEMA, TABLE)
        shown = name(path).replace("*", "hi")
        assert str(error.value).startswith(f"config: {shown}: {value!r} is wrong: it must be "), error.value


def overlay(path: Path, value: float) -> dict[str, Any]:
    """Return an overlay for tiny.yaml that sets one number, of its language, its list's first item or its only row."""
    inner: Any = value
    for key in reversed(path):
        if key == "0":
            inner = [TINY["schedules"][0] | inner] if isinstance(inner, dict) else [inner]
        else:
            inner = {"hi" if key == "*" else key: inner}
        if path[:2] == ("pruning", "methods") and key in OTHER_METHODS:
            inner[key]["scopes"] = ["partial"]  # tiny.yaml's are not those of every method
    return inner
