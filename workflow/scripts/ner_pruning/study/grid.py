"""The study grid: its training sets and runs, and what a run trains and is evaluated on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ner_pruning.study.data_form import SPLITS, data_of_language, is_of_table_1
from ner_pruning.study.languages import Language
from ner_pruning.study.methods import METHODS, PRUNING_METHODS, QUANTISATIONS, prunes_on_schedule, stored_run
from ner_pruning.study.schedules import choose_schedule
from ner_pruning.terms import (
    ALL_SCOPES,
    DENSE,
    MAGNITUDE,
    MULTILINGUAL,
    OF_THE_PAPER,
    PERTURBATIONS,
    SCOPES,
    Run,
    grouping,
    variant_name,
    variant_names,
)

MOST_MONOLINGUAL = 10
"""Monolingual training sets, as many as the paper has, whose training curves a figure can show."""


def training_sets(config: Mapping[str, Any]) -> list[str]:
    """Return the training sets of a study: its monolingual languages, and `multilingual`."""
    return list(config["monolingual"]) + ([MULTILINGUAL] if config["multilingual"] else [])


def training_languages(training_set: str, config: Mapping[str, Any]) -> list[str]:
    """Return the languages whose training sentences a training set holds."""
    return list(config["languages"]) if training_set == MULTILINGUAL else [training_set]


def evaluated_languages(config: Mapping[str, Any]) -> list[str]:
    """Return the languages that any run is evaluated on, in the order of the study."""
    languages = config["languages"]
    return [code for code in languages if config["multilingual"] or code in config["monolingual"]]


def study_runs(config: Mapping[str, Any]) -> list[Run]:
    """Return every run: the whole grid, less what `fewer_runs` leaves out, those of other methods, quantised ones."""
    runs = _runs_by_magnitude(config)
    runs += [run for method in study_methods(config) for run in runs_of_method(method, config)]
    return runs + [run for name in study_quantisations(config) for run in runs_of_quantisation(name, config)]


def trained_runs(config: Mapping[str, Any]) -> list[Run]:
    """Return the runs that have weights of their own: all but the quantised ones."""
    return [run for run in study_runs(config) if not run.quantised]


def _grid_of(training_set: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the seeds, scopes and sparsities of a training set."""
    return {"seeds": config["seeds"], **config["pruning"], **config["fewer_runs"].get(training_set, {})}


def _runs_of_grid(
    config: Mapping[str, Any], own: Mapping[str, Any], variants: Callable[[Mapping[str, Any]], list[str]]
) -> list[Run]:
    """Return the runs of each training set's grid; own: what a part of the study has in its place."""
    runs = []
    for training_set in own.get("training_sets", training_sets(config)):
        grid = _grid_of(training_set, config) | own
        runs += [Run(training_set, variant, seed) for variant in variants(grid) for seed in grid["seeds"]]
    return runs


def _runs_by_magnitude(config: Mapping[str, Any]) -> list[Run]:
    """Return the runs that are dense or pruned by gradual magnitude, less what `fewer_runs` leaves out."""
    return _runs_of_grid(config, {}, lambda grid: variant_names(grid["scopes"], grid["sparsities"]))


def study_methods(config: Mapping[str, Any]) -> list[str]:
    """Return the methods of a study next to gradual magnitude pruning, in the order of PRUNING_METHODS."""
    methods = config["pruning"].get("methods", {})  # of results from before there were methods
    return [name for name in PRUNING_METHODS if name in methods]


def runs_of_method(method: str, config: Mapping[str, Any]) -> list[Run]:
    """Return the runs of a method of `study_methods`: what it leaves out is as the training set has it."""

    def variants(grid: Mapping[str, Any]) -> list[str]:
        lines = [f"{scope}-{method}" for scope in grid["scopes"]]
        return [variant_name(line, sparsity) for line in lines for sparsity in sorted(grid["sparsities"])]

    return _runs_of_grid(config, config["pruning"]["methods"][method], variants)


def study_quantisations(config: Mapping[str, Any]) -> list[str]:
    """Return how a study quantises trained models, in the order of QUANTISATIONS."""
    asked = config.get("quantisation", {})  # of results from before there was that key
    return [name for name in QUANTISATIONS if name in asked]


def runs_of_quantisation(name: str, config: Mapping[str, Any]) -> list[Run]:
    """Return the runs of a quantisation of `study_quantisations`: what it leaves out is as the training set has it.

    The dense models of its training sets and seeds are among them. With `methods`, those of gradual magnitude pruning
    and of these methods are as the study has them, less what the quantisation leaves out.
    """
    asked = config["quantisation"][name]

    def variants(grid: Mapping[str, Any]) -> list[str]:
        return [f"{variant}-{name}" for variant in variant_names(grid["scopes"], grid["sparsities"])]

    def is_asked(run: Run) -> bool:
        values = {
            "scopes": run.matrices,
            "sparsities": run.sparsity,
            "seeds": run.seed,
            "training_sets": run.training_set,
        }
        return all(value in asked.get(key, [value]) for key, value in values.items())

    runs = _runs_of_grid(config, asked, variants)
    if asked.get("methods"):  # whose scopes and sparsities may be others than those of gradual magnitude pruning
        trained = {*_runs_by_magnitude(config)}
        runs = [run for run in runs if stored_run(run) in trained]
    for method in study_methods(config):
        if method in asked.get("methods", []):
            of_method = filter(is_asked, runs_of_method(method, config))
            runs += [run._replace(variant=f"{run.variant}-{name}") for run in of_method]
    return runs


def study_variants(config: Mapping[str, Any]) -> list[str]:
    """Return the variants of all runs, each once, and those of the grid that `fewer_runs` leaves out everywhere."""
    grid = variant_names(config["pruning"]["scopes"], config["pruning"]["sparsities"])
    return list(dict.fromkeys([*grid, *(run.variant for run in study_runs(config))]))


def pruned_scopes(config: Mapping[str, Any]) -> list[str]:
    """Return the scopes whose matrices a study prunes by any method, in the order of ALL_SCOPES."""
    pruned = {run.matrices for run in study_runs(config)} | {*config["pruning"]["scopes"]}
    return [scope for scope in ALL_SCOPES if scope in pruned]


def compares_methods(config: Mapping[str, Any]) -> bool:
    """Return whether a study has models that the paper has none like: of another method or scope, or in int8."""
    if study_methods(config) or study_quantisations(config):
        return True
    return not set(config["pruning"]["scopes"]) <= set(SCOPES)


def more_groupings(config: Mapping[str, Any]) -> list[str]:
    """Return the columns of the table of languages that only a study's own perturbations group languages by."""
    own = [grouping(name) for name in config["perturbations"] if name not in PERTURBATIONS]
    return [column for column in own if column is not None]


def known_sizes(language: str, config: Mapping[str, Any], table: Mapping[str, Language]) -> dict[str, int] | None:
    """Return the sentences by split of a language: of Table 1, or of the synthetic corpus; None of other data.

    Rahimi et al. 2019 made the validation split as large as the test split.
    """
    data = data_of_language(config["data"], language)
    if data["source"] == "synthetic":
        return dict(data["synthetic"]["sizes"][language])
    row = table[language]
    if row.train_size is None or not is_of_table_1(data):
        return None
    return {"train": row.train_size, "validation": row.test_size, "test": row.test_size}


LARGEST = 20_000
"""Sentences of the largest training sets of Table 1."""


def expected_sizes(language: str, config: Mapping[str, Any], table: Mapping[str, Language]) -> dict[str, int]:
    """Return the sentences by split that a language is planned with: `known_sizes`, else those of the largest class.

    The limit of the last class may be any number, as larger sets are in it, too: LARGEST counts where that is less.
    """
    known = known_sizes(language, config, table)
    return dict.fromkeys(SPLITS, min(config["schedules"][-1]["up_to"], LARGEST)) if known is None else known


def may_have_other_sizes(language: str, config: Mapping[str, Any], table: Mapping[str, Language]) -> bool:
    """Return whether a language may have any number of sentences: by the config, or because no size of it is known."""
    data = data_of_language(config["data"], language)
    if data["source"] == "synthetic":
        return False
    return data["allow_other_sizes"] or known_sizes(language, config, table) is None


def fixed_training_size(training_set: str, config: Mapping[str, Any], table: Mapping[str, Language]) -> int | None:
    """Return the number of training sentences as far as the config fixes it; None where other sizes are allowed."""
    codes = training_languages(training_set, config)
    if any(may_have_other_sizes(code, config, table) for code in codes):
        return None
    return sum(expected_sizes(code, config, table)["train"] for code in codes)


def possible_schedules(
    training_set: str, config: Mapping[str, Any], table: Mapping[str, Language]
) -> Sequence[Mapping[str, int]]:
    """Return the rows of the schedules that may apply to a training set: one, unless its size is not fixed.

    The multilingual training set has the last row, whatever its size.
    """
    rows = config["schedules"]
    if training_set == MULTILINGUAL:
        return [rows[-1]]
    size = fixed_training_size(training_set, config, table)
    return rows if size is None else [choose_schedule(rows, size)]


def budgets(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a study's budgets follow from, and the sizes of its training sets: see `equal_budget_languages`."""
    finetuning = {"epochs": config["finetuning"]["epochs"]}
    return {"multilingual": config["multilingual"], "schedules": config["schedules"], "finetuning": finetuning}


def schedules_of_run(
    training_set: str, variant: str, config: Mapping[str, Any], table: Mapping[str, Language]
) -> list[dict[str, int]]:
    """Return what a run reads of the schedules that may apply to it.

    A run that is not pruned while it trains reads the batch size alone. Of the last row no run reads the limit.
    """
    rows = [dict(row) for row in possible_schedules(training_set, config, table)]
    del rows[-1]["up_to"]
    unread = () if prunes_on_schedule(Run(training_set, variant, 0)) else ("start", "end", "frequency")
    return [{key: value for key, value in row.items() if key not in unread} for row in rows]


def finetuning_of_run(training_set: str, config: Mapping[str, Any], table: Mapping[str, Language]) -> dict[str, Any]:
    """Return what a run reads of the config's `finetuning`.

    No epochs if all rows that may apply have steps, and of `packing` only that it is off: runs from before there was
    that key are not stale.
    """
    rows = possible_schedules(training_set, config, table)
    unread = ["packing"] + (["epochs"] if all("steps" in row for row in rows) else [])
    read = {key: value for key, value in config["finetuning"].items() if key not in unread}
    return read if config["finetuning"].get("packing", "auto") == "auto" else read | {"packing": "off"}


def pruning_of_run(variant: str, config: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what a run reads of the config's `pruning`: None if it is dense.

    A partial run prunes no embeddings, and does not read whether the position embeddings are pruned; one that prunes
    embeddings alone does not read whether the tagging head is. Only a method that prunes little by little reads the
    curve. Which zeros there are is settled for a rewound run, and how many of each four for 2:4.
    """
    if variant == DENSE:
        return None
    run = Run("", variant, 0)
    method = METHODS[run.method]
    unread = {
        **dict.fromkeys(("sparsities", "scopes", "methods"), True),
        "position_embeddings": run.matrices == "partial",
        "classifier": run.matrices == "embeddings",
        "curve": not method.curve,
    }
    return {key: value for key, value in config["pruning"].items() if not unread.get(key)}


def runs_of_the_paper(config: Mapping[str, Any]) -> list[Run]:
    """Return the runs that the paper's tables, figures and claims are about: dense, and of its scopes and method."""
    return [run for run in study_runs(config) if run.scope in OF_THE_PAPER]


def shown_sparsities(sparsities: Iterable[int]) -> list[int]:
    """Return the lowest, the middle and the highest sparsity in ascending order, fewer if there are fewer."""
    ranked = sorted(sparsities)
    return [ranked[place] for place in sorted({0, (len(ranked) - 1) // 2, len(ranked) - 1})] if ranked else []


def shown_runs(config: Mapping[str, Any]) -> list[Run]:
    """Return the runs whose training curves are shown, of the first ten languages and the multilingual training set.

    They are those of a training set's first seed, dense and at its lowest, middle and highest sparsity, of the paper's
    scopes and method.
    """
    shown = []
    for training_set in [
        *config["monolingual"][:MOST_MONOLINGUAL],
        *([MULTILINGUAL] if config["multilingual"] else []),
    ]:
        runs = [run for run in runs_of_the_paper(config) if run.training_set == training_set]
        sparsities = shown_sparsities({run.sparsity for run in runs} - {0})
        shown += [run for run in runs if run.seed == runs[0].seed and run.sparsity in (0, *sparsities)]
    return shown


def mapped_runs(config: Mapping[str, Any]) -> list[Run]:
    """Return the runs whose zeros are shown, none in a study of dense models.

    They are those of a first seed that are pruned by the paper's method: of the multilingual training set if it has
    any, else of the first that has.
    """
    pruned = [run for run in study_runs(config) if run.method == MAGNITUDE]
    runs = [run for run in pruned if run.training_set == MULTILINGUAL] or [
        run for run in pruned if run.training_set == pruned[0].training_set
    ]
    return [run for run in runs if run.seed == runs[0].seed]
