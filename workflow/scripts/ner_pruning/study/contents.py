"""Which tables and figures a study has: those that its models and test sets can fill."""

from collections.abc import Container, Iterable, Mapping
from typing import Any

from ner_pruning.study.grid import (
    compares_methods,
    more_groupings,
    shown_sparsities,
    study_runs,
    trained_runs,
    training_languages,
)
from ner_pruning.terms import (
    F1_TABLES,
    IN_LANGUAGE,
    MAGNITUDE,
    MONOLINGUAL,
    MULTILINGUAL,
    OF_THE_PAPER,
    REGULAR,
    SCOPES,
    Run,
)

FIRST_EXAMPLES_TABLE = 10
"""Tables 10 and 11 show perturbed sentences, one language each."""

METHODS_FIGURE = "methods"

FIGURES = {
    "figure-1": "monolingual and multilingual models",
    "figure-2": "sparse and dense models, by training size",
    "figure-3": "perturbed and regular test sets",
    "figure-4": "families",
    "figure-5": "scripts",
    "figure-6": "training sizes, in-language",
    "figure-7": "families, in-language",
    "figure-8": "scripts, in-language",
    "figure-9": "entity overlap",
    "languages": "F1 of each language",
    "novelty": "unseen mentions",
    METHODS_FIGURE: "pruning methods",
}
"""What the figures of rule `figure` show; the first nine are the paper's."""

GROUPS = "groups-"
"""What the name of a figure of groups begins with that only a study's own column makes; the column follows."""


def f1_tables(config: Mapping[str, Any]) -> list[int]:
    """Return the numbers of tables 2-9 that a study has: by setting, test set and scope, as in the paper."""
    settings = {MULTILINGUAL: config["multilingual"], MONOLINGUAL: bool(config["monolingual"])}
    scopes = _scopes_of_the_paper(config) or ["partial"]  # a study of dense models has one table
    return [
        number
        for number, (setting, test_set, scope) in F1_TABLES.items()
        if settings[setting] and scope in scopes and test_set in (REGULAR, *config["perturbations"])
    ]


def f1_table_languages(number: int, config: Mapping[str, Any]) -> list[str]:
    """Return the languages of one of tables 2-9."""
    setting, _, _ = F1_TABLES[number]
    return list(config["languages"] if setting == MULTILINGUAL else config["monolingual"])


def example_languages(config: Mapping[str, Any]) -> dict[int, str]:
    """Return the languages of tables 10 and 11 that the study has a perturbed test set of, by the table's number."""
    if IN_LANGUAGE not in config["perturbations"]:
        return {}
    languages = enumerate(config["tables"]["examples"], start=FIRST_EXAMPLES_TABLE)
    return {number: language for number, language in languages if language in config["languages"]}


def figure_names(config: Mapping[str, Any]) -> list[str]:
    """Return those of FIGURES that a study has: some need sparse models, some a perturbed test set, 6-8 in-language.

    The figure of methods needs sparse models that the paper has none like.
    """
    sparse, in_language = bool(_scopes_of_the_paper(config)), IN_LANGUAGE in config["perturbations"]
    needs = dict.fromkeys(("figure-3", "novelty"), bool(config["perturbations"]))
    needs |= dict.fromkeys(("figure-2", "figure-4", "figure-5"), sparse)
    needs |= dict.fromkeys(("figure-6", "figure-7", "figure-8"), sparse and in_language)
    needs[METHODS_FIGURE] = compares_methods(config) and any(run.sparsity for run in _beyond_the_paper(config))
    own = [f"{GROUPS}{column}" for column in more_groupings(config)] if sparse else []
    return [name for name in FIGURES if needs.get(name, True)] + own


def _beyond_the_paper(config: Mapping[str, Any]) -> list[Run]:
    return [run for run in study_runs(config) if run.scope not in OF_THE_PAPER]


def _scopes_of_the_paper(config: Mapping[str, Any]) -> list[str]:
    """Return the scopes of the paper that any run of a study has: `fewer_runs` may leave out all of one."""
    held = {run.scope for run in study_runs(config)}
    return [scope for scope in config["pruning"]["scopes"] if scope in SCOPES and scope in held]


def shown_by(figure: str) -> str:
    """Return what a figure of `figure_names` shows."""
    return f"groups by {figure.removeprefix(GROUPS)}" if figure.startswith(GROUPS) else FIGURES[figure]


def compared_runs(config: Mapping[str, Any]) -> list[Run]:
    """Return the runs that show what pruning forgets: those of the training sets that have pruned models.

    Not quantised ones: beside what pruning forgets, a dense model in int8 would count as another seed's.
    """
    runs = trained_runs(config)
    pruned = {run.training_set for run in runs if run.sparsity}
    return [run for run in runs if run.training_set in pruned]


def forgetting_languages(config: Mapping[str, Any]) -> list[str]:
    """Return the languages whose forgotten sentences are shown: the examples' that a run of `compared_runs` has."""
    training_sets = dict.fromkeys(run.training_set for run in compared_runs(config))
    evaluated = {language for name in training_sets for language in training_languages(name, config)}
    return [language for language in dict.fromkeys(config["tables"]["examples"]) if language in evaluated]


def runs_of_languages(runs: Iterable[Run], languages: Container[str]) -> list[Run]:
    """Return those of some runs that are evaluated on one of some languages or more."""
    return [run for run in runs if run.training_set == MULTILINGUAL or run.training_set in languages]


def measured_runs(config: Mapping[str, Any]) -> list[Run]:
    """Return the runs whose size and speed are measured: of the first training set and its first seed.

    They are the dense one, those pruned by magnitude at the lowest, the middle and the highest sparsity (of scopes
    after the first, at the highest), and 2:4.
    """
    runs = trained_runs(config)
    runs = [run for run in runs if (run.training_set, run.seed) == (runs[0].training_set, runs[0].seed)]
    by_magnitude = [run for run in runs if run.method == MAGNITUDE]
    sparsities = shown_sparsities({run.sparsity for run in by_magnitude})
    chosen = [run for run in runs if not run.sparsity or run.method == "2to4"]
    for run in by_magnitude:
        of_first = run.scope == by_magnitude[0].scope
        chosen += [run] if run.sparsity in (sparsities if of_first else sparsities[-1:]) else []
    return sorted(chosen, key=runs.index)


def measured_language(config: Mapping[str, Any]) -> str:
    """Return the language whose test set measured models tag: the first of their training set."""
    return training_languages(measured_runs(config)[0].training_set, config)[0]
