"""The files that a study reads, found and checked together with its config before any job runs."""

import itertools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ner_pruning.claims import equal_budget
from ner_pruning.claims.paper_scores import PublishedF1, check_reference, read_published, read_reference
from ner_pruning.data.sources import encoder_files, read_vocabulary, source_files
from ner_pruning.files import InputError
from ner_pruning.study.config import check_config, check_schema, make_floats
from ner_pruning.study.data_form import DataForm, sources
from ner_pruning.study.languages import Language, read_languages

from jobs import folders


class StudyFiles(NamedTuple):
    """What a study reads.

    table: the rows of the tables of languages, by language.
    languages: the study's own table of languages, if it has one.
    published: the cells of the paper's tables.
    data: the files of each language in its `folder`, by split; none of a language with another source.
    encoder: the files in `encoder: folder`, or the vocabulary of an encoder with random weights, if it is a file.
    equal_budget: the files of the study in `equal_budget`; none without one.
    """

    table: dict[str, Language]
    languages: list[str]
    published: list[PublishedF1]
    data: dict[str, dict[str, list[Path]]]
    encoder: list[Path]
    equal_budget: list[Path]


def check_study_files(
    config: dict[str, Any],
    schema: Mapping[str, Any],
    languages_files: Sequence[str | os.PathLike],
    paper_file: str | os.PathLike,
) -> StudyFiles:
    """Check a config and all files that it names, and return what the study reads.

    Whole numbers of the config become floats where the schema has numbers. schema: of the config; languages_files: the
    workflow's tables of languages; paper_file: resources/paper_f1.csv. Raises InputError on the first fault.
    """
    check_schema(config, schema)
    own = [config["languages_table"]] if config["languages_table"] else []
    folders.check_inputs(own, "`languages_table`")
    table = read_languages(*languages_files, *own)
    check_config(config, schema, table)
    make_floats(config, schema)
    published, data, encoder, of_equal_budget = read_published(paper_file), {}, [], []
    for code, of_code in zip(config["languages"], sources(config["data"], config["languages"]), strict=True):
        if of_code["source"] == "local":
            data[code] = source_files(of_code["folder"], code, DataForm.of(of_code))
    if data:
        files = (paths for of_language in data.values() for paths in of_language.values())
        folders.check_inputs(itertools.chain.from_iterable(files), "a file of `data: folder`")
    if config["encoder"]["source"] == "local":
        encoder = encoder_files(config["encoder"]["folder"])
        folders.check_inputs(encoder, "a file of `encoder: folder`")
    if config["encoder"]["source"] == "random" and isinstance(
        vocabulary := config["encoder"]["random"]["vocabulary"], str
    ):
        encoder = [Path(vocabulary)]
        folders.check_inputs(encoder, "`encoder.random.vocabulary`")
        read_vocabulary(vocabulary)
    if config["reference"]:
        folders.check_inputs([config["reference"]], "`reference`")
        check_reference(read_reference(config["reference"]), config["languages"], config["reference"])
    if config["equal_budget"]:
        of_equal_budget = [Path(config["equal_budget"], name) for name in equal_budget.FILES]
        if missing := [path for path in of_equal_budget if not path.is_file()]:
            what = "expected in `equal_budget` the results of a finished study"
            raise InputError(f"{config['equal_budget']}: no {missing[0].name}; {what}")
        folders.check_inputs(of_equal_budget, "a file of `equal_budget`")
    return StudyFiles(table, own, published, data, encoder, of_equal_budget)
