"""Checks of a study's config, each of which ends in one line that names the key and what is allowed."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend

from ner_pruning.files import InputError
from ner_pruning.study.data_form import SPLITS, DataForm, data_of_language, named_languages, sources
from ner_pruning.study.grid import (
    evaluated_languages,
    fixed_training_size,
    possible_schedules,
    runs_of_method,
    runs_of_quantisation,
    study_methods,
    study_quantisations,
    study_runs,
    study_variants,
    training_sets,
)
from ner_pruning.study.languages import NUMBERS, WRITE, Language, pool_languages
from ner_pruning.study.methods import METHODS, prunes_on_schedule, source_of_run
from ner_pruning.study.schedules import Schedule, check_steps
from ner_pruning.terms import MULTILINGUAL, OUTSIDE, grouping

_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number without decimal point or exponent",
    "null": "null",
    "number": "a finite number",
    "object": "a mapping of keys to values",
    "string": "a text",
}
"""What the types of a schema are called."""


ROUNDING = 1e-9
"""Of differences of shares."""


def check_as_written(text: str, source: str) -> None:
    """Raise InputError that names the line of what YAML silently reads as something else than is meant.

    These are a key which stands twice in one mapping, the last of which would count, and whole numbers to base 60 (1:3
    is 63) or 8 (010 is 8). text: of a file that Snakemake has read; source: what the error names.
    """
    for node in _nodes(yaml.compose(text, Loader=yaml.CSafeLoader)):
        if isinstance(node, yaml.MappingNode):
            _check_keys(node, source)
        elif node.tag == "tag:yaml.org,2002:int" and re.fullmatch(r"[-+]?(0[0-9_]+|[0-9_]+(:[0-9]+)+)", node.value):
            raise InputError(
                f"{source}: line {node.start_mark.line + 1}: YAML reads {node.value} as {yaml.safe_load(node.value)}; "
                "expected a number to base 10 without zeros before it, or a text in quotes"
            )


def _check_keys(mapping: yaml.MappingNode, source: str) -> None:
    lines: dict[str, int] = {}
    for key, _ in mapping.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in lines:
            raise InputError(
                f"{source}: line {line}: the key {key.value!r} is in line {lines[key.value]} already; expected it once"
            )
        lines[key.value] = line


def plain_texts(text: str) -> set[str]:
    """Return the values of a YAML file that stand there without quotes and that YAML reads as texts."""
    return {
        node.value
        for node in _nodes(yaml.compose(text, Loader=yaml.CSafeLoader))
        if isinstance(node, yaml.ScalarNode) and not node.style and node.tag == "tag:yaml.org,2002:str"
    }


def _nodes(node: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield a node of a YAML file and all values within it."""
    if node is not None:
        yield node
    if isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _nodes(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _nodes(item)


def _is_integer(_, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(_, value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


# Stricter than JSON Schema, where 50.0 is an integer, which makes no name of a variant, and NaN a number.
_Validator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _is_integer, "number": _is_number}),
)


def check_schema(config: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Raise InputError on the first value of a config that is of a wrong type or out of its range."""
    error = best_match(_Validator(schema).iter_errors(config))
    if error is not None:
        raise InputError(f"config: {schema_message(error)}")


def check_config(config: Mapping[str, Any], schema: Mapping[str, Any], table: Mapping[str, Language]) -> None:
    """Raise InputError on the first wrong value: its type and range (the schema), and how the values fit together.

    table: of the languages that there are, by code.
    """
    check_schema(config, schema)
    studied = config["languages"]
    _check_by_language(config["data"]["by_language"], studied)
    _check_rows("languages", studied, table)
    _known("monolingual", config["monolingual"], studied, "languages")
    _check_rows("tables.examples", config["tables"]["examples"], table)
    if not config["monolingual"] and not config["multilingual"]:
        raise InputError("config: multilingual: false and monolingual: [] leave nothing to train")
    if config["multilingual"] and len(studied) < 2:
        raise InputError("config: multilingual: true needs two languages or more; set it to false")
    if bool(config["pruning"]["scopes"]) != bool(config["pruning"]["sparsities"]):
        raise InputError("config: pruning: scopes and sparsities: both or neither must be empty")
    _check_rows("data.synthetic.sizes", list(config["data"]["synthetic"]["sizes"]), table)
    _check_data(config["data"], studied)
    _check_forms(config["data"], studied)
    _check_perturbations(config["perturbations"], studied, table)
    _check_perturbed(config, table)
    _check_encoder(config["encoder"], config["finetuning"]["max_length"])
    _check_schedules(config["schedules"])
    _check_fewer_runs(config)
    _check_methods(config)
    _check_quantisation(config)
    _check_steps(config, table)
    _check_export(config)


def make_floats(config: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """Make the whole numbers of a checked config floats, in place, where the schema has numbers.

    `1` and `1.0` are one value to a study, and two to Snakemake, which compares parameters by how they print.
    """
    for key, part in schema["properties"].items():
        if part.get("type") == "number":
            config[key] = float(config[key])
        elif part.get("type") == "object" and "properties" in part:
            make_floats(config[key], part)


def schema_message(error: ValidationError) -> str:
    """Return a schema error as one line: the key, what it is, and what is allowed."""
    key = ".".join(str(part) for part in error.absolute_path) or "the config"
    if error.validator == "additionalProperties":
        unknown = sorted(set(error.instance) - set(error.schema.get("properties", {})), key=str)[0]
        allowed = ", ".join(error.schema.get("properties", {}))
        hint = error.schema.get("description") if error.absolute_path else None
        return f"{key}: unknown key {unknown!r}; allowed: {allowed}{f'; {hint}' if hint else ''}"
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance][0]
        return f"{key}: the key {missing!r} is missing"
    allowed = {
        "enum": lambda allowed: f"one of {', '.join(value for value in allowed if isinstance(value, str))}",
        "type": lambda allowed: _type_names(allowed, error.instance),
        "minimum": lambda allowed: f"at least {allowed}",
        "maximum": lambda allowed: f"at most {allowed}",
        "exclusiveMinimum": lambda allowed: f"more than {allowed}",
        "exclusiveMaximum": lambda allowed: f"less than {allowed}",
        "minItems": lambda allowed: f"a list of at least {allowed}",
        "maxItems": lambda allowed: f"a list of at most {allowed}",
        "minLength": lambda allowed: "a text that is not empty",
        "maxLength": lambda allowed: f"a text of at most {allowed} characters",
        "uniqueItems": lambda allowed: "a list without repetitions",
        "pattern": lambda _: error.schema["description"],
    }[error.validator](error.validator_value)
    return f"{key}: {_shown(error.instance)} is wrong: it must be {allowed}"


def _type_names(types: str | Sequence[str], value: Any) -> str:
    """Return what the types that a schema allows are called, and what a value lacks that YAML reads as another."""
    types = [types] if isinstance(types, str) else types
    names = " or ".join(_TYPES[name] for name in types)
    if "string" in types and isinstance(value, bool | int | float | date):
        return f"{names}, in quotes"
    number = (
        re.fullmatch(r"[-+]?(?:\d+\.?\d*|\.\d+)(e[-+]?\d+)?", value, re.IGNORECASE) if isinstance(value, str) else None
    )
    if number and number[1] and "number" in types:
        return f"{names}: YAML reads an exponent only with a point before it and a sign, as in 1.0e-5"
    if number and not number[1] and not {"integer", "number"}.isdisjoint(types):
        return f"{names}, without quotes"
    return names


def _shown(value: Any) -> str:
    """Return a value as a message shows it: null, true and false as YAML writes them, and no long one in full."""
    text = json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
    return text if len(text) < 80 else f"{text[:77]}..."


def _known(key: str, values: Sequence, known, where: str) -> None:
    unknown = [value for value in values if value not in known]
    if unknown:
        quotes = "; YAML reads no, yes, on and off as true or false unless in quotes" * isinstance(unknown[0], bool)
        allowed = ", ".join(map(str, known)) or "none"
        raise InputError(f"config: {key}: {_shown(unknown[0])} is not in {where}: {allowed}{quotes}")


def _check_rows(key: str, codes: Sequence[str], table: Mapping[str, Language]) -> None:
    for code in codes:
        if code == MULTILINGUAL:
            raise InputError(f"config: {key}: {code!r} is the training set of all languages, not the code of one")
        if code not in table:
            raise InputError(f"config: {key}: no row for the language {_shown(code)}; {WRITE}")


def _check_perturbations(perturbations: Sequence[str], studied: Sequence[str], table: Mapping[str, Language]) -> None:
    """Refuse a perturbation within groups that the table of languages does not tell of every language."""
    for name in perturbations:
        if (column := grouping(name)) is None:
            continue
        if column in ("code", "name", "size", "sentences", *NUMBERS):
            raise InputError(f"config: perturbations: {name!r}: no groups of languages; expected another column")
        for code in studied:
            if not table[code].group(column):
                raise InputError(
                    f"config: perturbations: {name!r}: no {column} of the language {code!r}; expected it in the column "
                    f"{column} of `languages_table`, a file with the columns code and {column} separated by tabs"
                )


def _check_perturbed(config: Mapping[str, Any], table: Mapping[str, Language]) -> None:
    """Refuse perturbations of which no language has any that a model is evaluated on: each is alone in its group."""
    studied, names = config["languages"], config["perturbations"]
    evaluated = evaluated_languages(config)
    if names and not any(pool_languages(code, name, studied, table) for code in evaluated for name in names):
        raise InputError(
            f"config: perturbations: none of {', '.join(names)} exists for {', '.join(evaluated)}; expected another "
            "language of such a group in `languages`, in-language, or an empty list"
        )


def _check_by_language(by_language: Mapping[str, Any], studied: Sequence[str]) -> None:
    """Refuse languages that the study does not have, or that are named twice."""
    found: dict[str, str] = {}
    for key in by_language:
        codes = named_languages(key) if isinstance(key, str) else [key]
        _known("data.by_language", codes, studied, "languages")
        for code in codes:
            if code in found:
                raise InputError(
                    f"config: data.by_language: {code!r} is in {found[code]!r} and {key!r}; expected it once"
                )
            found[code] = key


def _check_forms(data: Mapping[str, Any], studied: Sequence[str]) -> None:
    """Check how the files of each language are named and written, and that no two languages have the same ones."""
    _known("data.names", list(data["names"]), studied, "languages")
    places = {"data": studied} | {f"data.by_language.{key}": named_languages(key) for key in data["by_language"]}
    for key, codes in places.items():
        form = DataForm.of_config(data if key == "data" else data_of_language(data, codes[0]))
        _check_form(key, form)
    paths = {}
    for code, own in zip(studied, sources(data, studied), strict=True):
        form, origin = DataForm.of_config(own), [own[key] for key in ("source", "folder", "repository", "revision")]
        for split in SPLITS:
            path = (*origin, form.base(code, split))
            if path in paths:
                what = "splits" if paths[path] == code else "languages"
                raise InputError(f"config: data.path: {_shown(form.path)} gives several {what} the same files")
            paths[path] = code


def _check_form(key: str, form: DataForm) -> None:
    placeholders = re.findall(r"\{[^{}]*\}|[{}]", form.path)
    unknown = [found for found in placeholders if found not in ("{language}", "{split}")]
    if 0 in form.columns.values():
        raise InputError(
            f"config: {key}.columns: 0 is wrong: columns of text are counted from 1, or from -1 for the last"
        )
    if unknown or form.path.startswith("/") or "**" in form.path:
        raise InputError(
            f"config: {key}.path: {_shown(form.path)} is wrong: it must be a path in the folder or repository, with "
            "{language} and {split}"
        )
    if form.entity_types is not None:
        if OUTSIDE in form.entity_types:
            raise InputError("config: data.entity_types: 'O' is the tag of words outside of mentions, not a type")
        new = [name for name in form.rename.values() if name != OUTSIDE]
        _known(f"{key}.rename", new, form.entity_types, "data.entity_types")


def _check_data(data: Mapping[str, Any], studied: Sequence[str]) -> None:
    for code, own in zip(studied, sources(data, studied), strict=True):
        if own["source"] == "local" and not own["folder"]:
            of_language = "" if data["source"] == "local" else f"; the language {code!r} has none"
            raise InputError(f"config: data.folder: source local needs the folder of the data{of_language}")
        if own["source"] == "synthetic" and code not in own["synthetic"]["sizes"]:
            raise InputError(f"config: data.synthetic.sizes: no sizes for the language {code!r}")


def _check_encoder(encoder: Mapping[str, Any], max_length: int) -> None:
    if encoder["source"] == "local" and not encoder["folder"]:
        raise InputError("config: encoder.folder: source local needs the folder of the encoder")
    if encoder["source"] == "random":
        sizes = encoder["random"]
        if not sizes:
            raise InputError("config: encoder.random: source random needs the sizes of the encoder")
        if sizes["hidden"] % sizes["heads"]:
            raise InputError(
                f"config: encoder.random.hidden: {sizes['hidden']} is wrong: it must be a multiple of "
                f"encoder.random.heads ({sizes['heads']})"
            )
        if max_length > sizes["positions"]:
            raise InputError(
                f"config: finetuning.max_length: {max_length} is wrong: it must be at most encoder.random.positions "
                f"({sizes['positions']})"
            )


def _check_schedules(schedules: Sequence[Mapping[str, int]]) -> None:
    for number, row in enumerate(schedules):
        if number and row["up_to"] <= schedules[number - 1]["up_to"]:
            raise InputError(f"config: schedules.{number}.up_to: {row['up_to']} is wrong: rows must ascend by up_to")
        for key in ("start", "end", "frequency"):
            if isinstance(row[key], float) and not 0 < row[key] < 1:
                raise InputError(
                    f"config: schedules.{number}.{key}: {row[key]} is wrong: it must be a whole number of steps, or a "
                    "share of the training between 0 and 1"
                )
        if len({type(row[key]) for key in ("start", "end", "frequency")}) > 1:
            continue  # steps and shares: they are compared where the size of the training set is known
        if row["start"] >= row["end"]:
            raise InputError(
                f"config: schedules.{number}.start: {row['start']} is wrong: it must be less than end ({row['end']})"
            )
        span = row["end"] - row["start"]
        if row["frequency"] > span + ROUNDING:
            raise InputError(
                f"config: schedules.{number}.frequency: {row['frequency']} is wrong: it must be at most end − start "
                f"({span:g})"
            )


def _check_fewer_runs(config: Mapping[str, Any]) -> None:
    """Refuse a part of the grid that is not in it: of another training set, or with other values than the study's."""
    _known("fewer_runs", list(config["fewer_runs"]), training_sets(config), "the training sets")
    grid = {"seeds": config["seeds"], **config["pruning"]}
    for training_set, part in config["fewer_runs"].items():
        key = f"fewer_runs.{training_set}"
        for name, values in part.items():
            _known(f"{key}.{name}", values, grid[name], "those of the study")
        scopes, sparsities = (part.get(name, grid[name]) for name in ("scopes", "sparsities"))
        if bool(scopes) != bool(sparsities):
            raise InputError(f"config: {key}: scopes and sparsities: both or neither must be empty")


def _check_methods(config: Mapping[str, Any]) -> None:
    """Refuse runs of a method that it is not defined for, or that start from a run which the study does not have."""
    runs = set(study_runs(config))
    for name in study_methods(config):
        key, method, own = f"pruning.methods.{name}", METHODS[name], runs_of_method(name, config)
        asked = config["pruning"]["methods"][name]
        _check_part(key, asked, config)
        if not own:
            raise InputError(f"config: {key}: leaves nothing to train; expected some scopes and sparsities")
        for run in own:
            _known(f"{key}.scopes", [run.matrices], method.scopes, "the scopes of this method")
            _known(f"{key}.sparsities", [run.sparsity], method.sparsities or [run.sparsity], "its sparsities")
            source = source_of_run(run)
            if source is not None and source not in runs:
                raise InputError(
                    f"config: {key}: {run} starts from {source}, which is no run of the study; expected it among those "
                    "of its scopes, sparsities, seeds and training sets"
                )


def _check_part(key: str, asked: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Refuse training sets and seeds of a part of the study, at that key, that the study does not have."""
    _known(f"{key}.training_sets", asked.get("training_sets", []), training_sets(config), "the training sets")
    _known(f"{key}.seeds", asked.get("seeds", []), config["seeds"], "the seeds")


def _check_quantisation(config: Mapping[str, Any]) -> None:
    """Refuse quantised runs of models that the study does not train."""
    runs = set(study_runs(config))
    for name in study_quantisations(config):
        key, asked, own = f"quantisation.{name}", config["quantisation"][name], runs_of_quantisation(name, config)
        _check_part(key, asked, config)
        _known(f"{key}.methods", asked.get("methods", []), study_methods(config), "the methods of the study")
        for run in own:
            if (source := source_of_run(run)) not in runs:
                raise InputError(
                    f"config: {key}: {run} is of {source}, which is no run of the study; expected scopes, sparsities, "
                    "seeds and training sets of its models that are dense or pruned by gradual magnitude"
                )
        for method in asked.get("methods", []):
            if not any(run.method == f"{method}-{name}" for run in own):
                raise InputError(
                    f"config: {key}.methods: {method} has no model of these scopes, sparsities, seeds and training "
                    "sets; expected one or more"
                )
        if asked.get("methods") and asked.get("scopes") != [] and asked.get("sparsities") != []:
            for part, attribute in (("scopes", "matrices"), ("sparsities", "sparsity")):
                known = sorted({getattr(run, attribute) for run in own if run.sparsity})
                _known(f"{key}.{part}", asked.get(part, []), known, "its models")


def _check_steps(config: Mapping[str, Any], table: Mapping[str, Language]) -> None:
    """Refuse pruning or a warm-up that ends after the last optimiser step of a training set whose size is known."""
    epochs, warmup = config["finetuning"]["epochs"], config["finetuning"]["warmup_steps"]
    on_schedule = {run.training_set for run in study_runs(config) if prunes_on_schedule(run)}
    for training_set in training_sets(config):
        size = fixed_training_size(training_set, config, table)
        if size is None:
            continue
        (row,) = possible_schedules(training_set, config, table)
        schedule, prunes = Schedule.of_row(row, epochs, size), training_set in on_schedule
        check_steps(schedule, size, training_set, warmup_steps=warmup, prunes=prunes)


def _check_export(config: Mapping[str, Any]) -> None:
    variants = study_variants(config)
    runs = set(map(str, study_runs(config)))
    for run in config["export"]:
        training_set, variant, seed = run.split("/")
        _known(f"export: {run}", [training_set], training_sets(config), "the training sets")
        _known(f"export: {run}", [variant], variants, "the variants")
        _known(f"export: {run}", [seed], [f"seed-{number}" for number in config["seeds"]], "the seeds")
        if run not in runs:
            raise InputError(f"config: export: {run}: fewer_runs leaves this run out")
