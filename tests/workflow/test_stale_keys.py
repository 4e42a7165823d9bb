"""Each key of the config: exactly the jobs that another value of it makes stale."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ner_pruning.claims.equal_budget import FILES
from ner_pruning.study.data_form import SPLITS
from stale_study import (
    AFTER,
    AFTER_CARDS,
    AFTER_FOUND,
    AFTER_INTERVALS,
    AFTER_SCORES,
    BULGARIAN,
    CONFIG,
    ENCODED,
    ENCODER,
    EVALUATED,
    EVERYTHING,
    FROM_DATA,
    HINDI,
    METHODS,
    MULTILINGUAL,
    OF_METHODS,
    PERTURBED,
    RUNS,
    TABLES,
    Study,
    jobs,
    predicted,
    trained,
    with_value,
)
from workflow_copy import ROOT

MONOLINGUAL = (*HINDI, *BULGARIAN)
PRUNED = tuple(run for run in RUNS if "dense" not in run)
LITTLE_BY_LITTLE = set(PRUNED) - {AFTER}
"""What reads when it is pruned: by magnitude, and so what takes over the zeros of such a run."""

FULL = tuple(run for run in RUNS if "full" in run)
FLOORS = jobs("chance_floor", ["hi", "mr", "bg"]) | (AFTER_SCORES - {"bootstrap", "calibration"})
"""The bootstrap and the calibration are of counts; what is above chance decides which fractions have an interval."""

INTERVALS = {"bootstrap", "intervals", "claims"} | AFTER_INTERVALS | AFTER_FOUND
OTHER_RUNS = AFTER_FOUND | {"forgotten_sentences", "run_statistics", "training_curves"}
"""What follows, beside the scores, from another choice of runs that are all there."""

PERTURBED_AGAIN = PERTURBED | EVALUATED | predicted(RUNS) | {"examples_table 10"}
HINDI_AND_MARATHI = (
    jobs("test_sets encode_test_sets chance_floor", ["hi", "mr"])
    | jobs("overlap mention_properties", ["hi", "multilingual"])
    | predicted([*HINDI, *MULTILINGUAL])
)
"""What follows from other test sets of these two: no job of Bulgarian models."""

MARATHI = (
    jobs("split_data", ["mr"], SPLITS)
    | jobs("data_card encode", ["mr"])
    | {"perturb in-language mr"}
    | jobs("perturb", ["in-script"], ["hi", "mr"])
    | HINDI_AND_MARATHI
    | trained(MULTILINGUAL)
    | AFTER_CARDS
)
"""What follows from another source of Marathi alone."""

OTHER_DATA = FROM_DATA - {"published"}
"""What follows from data that are not WikiAnn's, whose F1 the paper has published."""

OTHER_METHODS = ("random", "before", "recovered", "movement", "2to4")
"""The methods that the study does not have."""

Change = tuple[str, Any, set[str]]
# Key of config.yaml, or one of a row of its lists; another value; the jobs, beside `study_config`, which writes them
# all. A key of data or of an encoder that the study doesn't take is among them with no job.


def read_whole(stale: set[str]) -> set[str]:
    """Return the jobs where the data are not files of the machine: one job reads all splits of a language."""
    splits = {job: job.split()[1] for job in stale if job.startswith("split_data ")}
    return (stale - splits.keys()) | jobs("language_data", set(splits.values()))


KEYS: list[Change] = [
    ("study", "another", EVERYTHING),
    ("data.source", "synthetic", read_whole(FROM_DATA)),
    ("data.repository", "someone/wikiann", set()),
    ("data.revision", "main", set()),
    ("data.folder", "{folder}/linked/data", FROM_DATA),
    ("data.allow_other_sizes", False, FROM_DATA),  # whether the data are accepted at all, and the rows of schedules
    ("data.synthetic.seed", 1, set()),
    ("data.synthetic.sizes.hi.train", 25, set()),
    # Text that is made up is a demo, which tables and figures say.
    ("data.by_language", {"mr": {"source": "synthetic"}}, read_whole(MARATHI) | {"examples_table 10"}),
    ("data.path", "./{language}/{split}", OTHER_DATA),
    ("data.names", {"hi": "./hi"}, OTHER_DATA),
    ("data.splits.train", "./train", OTHER_DATA),
    ("data.splits.validation", "./validation", OTHER_DATA),
    ("data.splits.test", "./test", OTHER_DATA),
    ("data.columns.tokens", "words", OTHER_DATA),
    ("data.columns.tags", "tags", OTHER_DATA),
    ("data.labels", ["O", "B-PER"], OTHER_DATA),
    ("data.entity_types", ["PER", "ORG", "LOC", "DATE"], OTHER_DATA),
    ("data.rename", {"ORG": "O"}, OTHER_DATA),
    ("languages_table", "{folder}/languages.tsv", AFTER_CARDS | {"examples_table 10"}),
    # The order of languages is that of the sentences that a multilingual model trains on.
    (
        "languages",
        ["mr", "hi", "bg"],
        {"overlap multilingual", "mention_properties multilingual", "data_sizes_table", "language_groups"}
        | trained(MULTILINGUAL),
    ),
    (
        "monolingual",
        ["hi", "bg", "mr"],
        {"overlap mr", "mention_properties mr", "data_sizes_table"}
        | trained(["mr dense 1", "mr partial-50 1", "mr full-50 1"]),
    ),
    (
        "multilingual",
        False,
        (AFTER_SCORES - jobs("f1_table", [2, 3, 4, 5])) | OTHER_RUNS | {"sparsity_map"},
    ),
    (
        "perturbations",
        ["in-language", "in-script", "in-family"],
        jobs("perturb", ["in-family"], ["hi", "mr"]) | HINDI_AND_MARATHI,
    ),
    ("replacement.seed", 1, PERTURBED_AGAIN),
    ("replacement.share", 0.5, PERTURBED_AGAIN),
    ("replacement.pool_split", "train", PERTURBED_AGAIN),
    ("replacement.unique_mentions", False, PERTURBED_AGAIN),
    ("replacement.own_language", True, jobs("perturb", ["in-script"], ["hi", "mr"]) | HINDI_AND_MARATHI),
    ("encoder.source", "random", {"build_encoder"} | ENCODED),
    ("encoder.name", "someone/bert", set()),
    ("encoder.revision", "main", set()),
    ("encoder.folder", "{folder}/linked/encoder", {"build_encoder"} | ENCODED),
    ("encoder.random", ENCODER | {"seed": 1}, set()),
    ("finetuning.epochs", 3, trained(RUNS)),
    ("finetuning.learning_rate", 0.001, trained(RUNS)),
    ("finetuning.max_length", 48, {"build_encoder"} | ENCODED),
    ("finetuning.dropout", 0.2, trained(RUNS)),
    ("finetuning.learning_rate_schedule", "constant", trained(RUNS)),
    ("finetuning.warmup_steps", 1, trained(RUNS)),
    ("finetuning.weight_decay", 0.01, trained(RUNS)),
    ("finetuning.gradient_clipping", 2.0, trained(RUNS)),
    ("finetuning.adam_beta1", 0.8, trained(RUNS)),
    ("finetuning.adam_beta2", 0.99, trained(RUNS)),
    ("finetuning.adam_epsilon", 1.0e-7, trained(RUNS)),
    ("finetuning.packing", "off", trained(RUNS)),
    ("finetuning.precision", "fp32", trained(RUNS)),
    ("finetuning.device", "cpu", trained(RUNS)),
    ("finetuning.threads", 2, trained(RUNS)),
    ("jobs_per_gpu", 2, set()),
    ("cuda_graphs", True, set()),
    ("snapshots.minutes", 5.0, set()),
    # The last row, which multilingual models take, has no limit; the limits class the languages of tables and figures.
    ("schedules.0.up_to", 60, trained(MONOLINGUAL) | AFTER_CARDS),
    ("schedules.1.up_to", 200, AFTER_CARDS),
    ("schedules.0.batch_size", 4, trained(MONOLINGUAL)),
    ("schedules.0.steps", 7, trained(MONOLINGUAL)),
    ("schedules.0.start", 1, trained(set(MONOLINGUAL) & LITTLE_BY_LITTLE)),
    ("schedules.1.start", 0.3, trained(LITTLE_BY_LITTLE)),  # of any size, monolingual ones read all rows
    ("schedules.0.end", 5, trained(set(MONOLINGUAL) & LITTLE_BY_LITTLE)),
    ("schedules.0.frequency", 3, trained(set(MONOLINGUAL) & LITTLE_BY_LITTLE)),
    (
        "pruning.sparsities",
        [50, 70],
        trained(["hi partial-70 1", "hi full-70 1", "bg full-70 1", "multilingual full-70 1"]) | {"sparsity_map"},
    ),
    (
        "pruning.scopes",
        ["full"],
        (AFTER_SCORES - jobs("f1_table", [2, 4, 6, 8])) | OTHER_RUNS,
    ),
    (
        "pruning.methods",
        METHODS | {name: {"scopes": ["partial"], "training_sets": ["hi"]} for name in OTHER_METHODS},
        trained(f"hi partial-50-{name} 1" for name in OTHER_METHODS) - {"training_curves"},
    ),
    ("pruning.curve", "linear", trained(LITTLE_BY_LITTLE)),
    ("pruning.threshold", "global", trained(PRUNED)),
    ("pruning.classifier", True, trained(PRUNED)),
    ("pruning.position_embeddings", False, trained(FULL)),  # a partial model has its embeddings whole
    (
        "quantisation",
        {"int8": {"scopes": ["full"], "training_sets": ["hi"]}},
        jobs("predict score", ["hi dense-int8 1", "hi full-50-int8 1"]) | AFTER_SCORES | {"run_statistics"},
    ),
    (
        "seeds",
        [1, 2],
        trained(run.replace(" 1", " 2") for run in RUNS) - {"training_curves", "sparsity_map"},  # of the first seed
    ),
    ("fewer_runs", {}, trained(["bg partial-50 1", "multilingual partial-50 1"]) | {"sparsity_map"}),
    ("chance_floor.seed", 1, FLOORS),
    ("chance_floor.derangements", 101, FLOORS),
    ("bootstrap.seed", 1, INTERVALS | {"calibration"}),
    ("bootstrap.resamples", 1200, INTERVALS),
    ("reference", "{folder}/reference.csv", {"claims"}),
    ("equal_budget", "{folder}/equal", {"claims"}),
    ("diagnosis.floor_factor", 3.0, {"diagnosis"}),
    ("tables.examples", ["mr"], {"examples_table 10", "forgotten_sentences", "explore"}),
    ("tables.sentences", 3, {"examples_table 10", "forgotten_sentences"}),
    ("export", ["hi/dense/seed-1"], set()),  # a target of its own
]
NAMES = [key for key, _, _ in KEYS]
MUST_CHANGE_TOO = {"multilingual": {"fewer_runs": {"bg": {"scopes": ["full"]}}}}
"""Other keys that would be wrong with the new value."""

# What the tiny study reads and the other one doesn't: synthetic data, an encoder with random weights, one schedule.
TINY_RUNS = ("hi dense 1", "hi full-50 1")

TINY_TABLES = jobs("f1_table", [7, 9])
NOT_TINY = TABLES | OF_METHODS
TINY_TRAINED = (trained(TINY_RUNS) - NOT_TINY) | TINY_TABLES | {"sparsity_map"}
TINY_AFTER_CARDS = (AFTER_CARDS - NOT_TINY) | TINY_TABLES
TINY_ENCODED = (
    {"build_encoder", "encode hi", "encode_test_sets hi"}
    | jobs("data_card", ["hi", "mr"])
    | TINY_TRAINED
    | TINY_AFTER_CARDS
)
TINY_DATA = jobs("language_data", ["hi", "mr"]) | {"perturb in-language hi", "test_sets hi", "chance_floor hi"}
TINY_KEYS: list[Change] = [
    ("data.folder", "/nowhere", set()),
    ("data.allow_other_sizes", True, set()),
    ("data.path", "{split}", set()),
    ("data.columns.tags", "tags", set()),
    ("data.synthetic.seed", 1, TINY_DATA | {"overlap hi", "mention_properties hi", "examples_table 10"} | TINY_ENCODED),
    ("data.synthetic.sizes.mr.train", 25, {"language_data mr"} | TINY_ENCODED),  # text of the encoder's vocabulary
    ("encoder.folder", "/nowhere", set()),
    ("encoder.name", "someone/bert", set()),
    *((f"encoder.random.{key}", value * 2 or 1, TINY_ENCODED) for key, value in ENCODER.items()),
    ("encoder.random.vocabulary", "{folder}/vocab.txt", TINY_ENCODED),
    ("schedules.0.up_to", 200, TINY_AFTER_CARDS),
    ("schedules.0.batch_size", 4, TINY_TRAINED),
    (
        "pruning.scopes",
        ["partial", "full"],
        (trained(["hi partial-50 1"]) - NOT_TINY) | jobs("f1_table", [6, 7, 8, 9]) | {"sparsity_map"},
    ),
]

# A study whose data and encoder are the Hub's.
HUB = {"data": {"source": "hub", "allow_other_sizes": True}, "encoder": {"source": "hub"}}
HUB_KEYS: list[Change] = [
    ("data.repository", "someone/wikiann", {"resolve_data"} | read_whole(FROM_DATA)),
    ("data.revision", "main", {"resolve_data"} | read_whole(FROM_DATA)),
    ("data.folder", "/nowhere", set()),
    ("data.by_language", {"mr": {"revision": "main"}}, {"resolve_language_data mr"} | read_whole(MARATHI)),
    ("encoder.name", "someone/bert", {"resolve_encoder", "build_encoder"} | ENCODED),
    ("encoder.revision", "main", {"resolve_encoder", "build_encoder"} | ENCODED),
    ("encoder.folder", "/nowhere", set()),
]


def leaf_keys(config: Any) -> Iterator[str]:
    """Yield the keys of a config that hold a value, in mappings and rows of lists at any depth."""
    for key, value in config.items():
        rows = value if isinstance(value, list) and value and isinstance(value[0], dict) else [value]
        for row in rows:
            if isinstance(row, dict) and row:
                yield from (f"{key}.{inner}" for inner in leaf_keys(row))
            else:
                yield key


OPTIONAL = {"schedules.steps"}
"""Keys that config.yaml does not have."""


def without_places(key: str) -> str:
    return ".".join(part for part in key.split(".") if not part.isdecimal())


def test_each_key_of_the_config_is_in_the_table():
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config["data"]["synthetic"]["sizes"] = {"hi": {"train": 1}}
    keys = set(leaf_keys(config))
    assert len(keys) > 50 and {"schedules.up_to", "encoder.random", "snapshots.minutes", "export"} <= keys
    assert {without_places(key) for key in NAMES} == keys | OPTIONAL


def plan_each(study: Study, base: dict[str, Any], changes: list[Change]) -> dict[str, Counter]:
    """Return the jobs that are planned of a study with another value of each key, by key."""
    overlays = []
    for key, value, _ in changes:
        value = value.replace("{folder}", str(study.folder)) if isinstance(value, str) else value
        config = with_value(base | MUST_CHANGE_TOO.get(key, {}), key, value)
        overlays.append(study.write(f"{base['study']}-{key}", config))
    return dict(zip((key for key, _, _ in changes), study.workflow.planned_each(overlays), strict=True))


def each_of(changes: list[Change]) -> pytest.MarkDecorator:
    """Return a decorator that runs a test for each key of a table."""
    return pytest.mark.parametrize(("key", "stale"), [pytest.param(key, stale, id=key) for key, _, stale in changes])


@pytest.fixture(scope="module")
def planned(study) -> dict[str, Counter]:
    (study.folder / "linked").symlink_to(study.folder)
    (study.folder / "languages.tsv").write_text("code\tregion\nhi\tAsia\n")
    (study.folder / "reference.csv").write_text("language,f1\nhi,0.8\n")
    (study.folder / "equal").mkdir()
    for name in FILES:
        (study.folder / "equal" / name).touch()
    return plan_each(study, study.config, KEYS)


@each_of(KEYS)
def test_another_value_of_a_key(planned, key, stale):
    assert planned[key] == Counter(stale | CONFIG)


@pytest.fixture(scope="module")
def tiny_planned(study) -> dict[str, Counter]:
    pieces = json.loads((study.folder / "encoder/tokenizer.json").read_text())["model"]["vocab"]
    (study.folder / "vocab.txt").write_text("\n".join(sorted(pieces, key=pieces.get)), encoding="utf-8")
    return plan_each(study, yaml.safe_load((ROOT / "studies/tiny.yaml").read_text()), TINY_KEYS)


@each_of(TINY_KEYS)
def test_another_value_of_a_key_of_the_tiny_study(tiny_planned, key, stale):
    assert tiny_planned[key] == Counter(stale | CONFIG)


@pytest.fixture(scope="module")
def hub_planned(study) -> dict[str, Counter]:
    """The plans of a study of the Hub, whose results are empty files that are recorded as made: it cannot run here."""
    hub = study.config | HUB | {"study": "hub"}
    overlay = study.write("hub", hub)
    printed = study.workflow.call("--dry-run", "--configfile", overlay).stdout
    for line in re.findall(r"^    output: (.*)$", printed, re.MULTILINE):
        for output in (study.workflow.folder / name for name in line.split(", ")):
            output.parent.mkdir(parents=True, exist_ok=True)
            output.touch() if output.suffix else output.mkdir()
    study.workflow.run(overlay, "--touch", "--forceall")
    return plan_each(study, hub, HUB_KEYS)


@each_of(HUB_KEYS)
def test_another_value_of_a_key_of_a_study_of_the_hub(hub_planned, key, stale):
    assert hub_planned[key] == Counter(stale | CONFIG)


@pytest.mark.parametrize("key", ["study", "languages", "seeds"])
def test_the_fast_dry_run_plans_what_the_command_does(study, planned, key):
    assert planned[key] == study.workflow.planned(str(study.folder / f"stale-{key}.yaml"))


# How a config is written


def reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return [reversed_keys(inner) for inner in value] if isinstance(value, list) else value


def test_neither_the_order_of_keys_nor_how_a_number_is_written_makes_anything_stale(study):
    tiny = yaml.safe_load((ROOT / "studies/tiny.yaml").read_text())
    whole = yaml.safe_load((ROOT / "config.yaml").read_text())
    numbers = {
        "replacement": whole["replacement"] | {"share": 1},
        "finetuning": whole["finetuning"] | tiny["finetuning"] | {"weight_decay": 0, "gradient_clipping": 1},
        "snapshots": {"minutes": 10.0},
        "diagnosis": {"floor_factor": 2.0},
    }
    assert {key: whole[key] for key in ("snapshots", "diagnosis")} == {
        "snapshots": {"minutes": 10},
        "diagnosis": {"floor_factor": 2},
    }
    overlays = [study.write(f"{base['study']}-again", reversed_keys(base | numbers)) for base in (study.config, tiny)]
    assert study.workflow.planned_each(overlays) == [Counter(), Counter()]
