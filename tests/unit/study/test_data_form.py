"""How a study's data are named and written: the paths of splits, what a language reads, and wrong values."""

import pytest
from ner_pruning.files import InputError
from ner_pruning.study.config import check_config
from ner_pruning.study.data_form import WIKIANN, DataForm, data_of_language, is_like_table_1, is_of_table_1
from ner_pruning.study.grid import expected_sizes, fixed_training_size, known_sizes, may_have_other_sizes
from study_configs import PAPER, SCHEMA, TABLE, TINY, merged


def data(**values):
    return merged(PAPER["data"], values)


def test_the_paper_s_form_is_wikiann_s():
    assert DataForm.of_config(PAPER["data"]) == WIKIANN
    assert DataForm.of({}) == WIKIANN  # a config that is older than the keys
    assert DataForm.of_config(data(source="synthetic", path="elsewhere")) == WIKIANN  # text that is made up has no path


def test_paths_of_splits():
    form = DataForm.of(data(path="data/{split}_{language}", names={"sw": "swa"}, splits={"validation": "dev"}))
    assert [form.base(code, "validation") for code in ("sw", "yo")] == ["data/dev_swa", "data/dev_yo"]


def test_a_language_reads_only_its_own_name():
    form = DataForm.of(data(names={"sw": "swa", "yo": "yor"}, entity_types=["B", "A"], labels=["O", "B-A"]))
    read = form.of_language("sw")
    assert read["names"] == {"sw": "swa"} and read["entity_types"] == ["B", "A"] and read["labels"] == ["O", "B-A"]
    assert DataForm.of(read).entity_types == ("B", "A")
    assert DataForm.of(DataForm.of(data(entity_types=None)).of_language("sw")).entity_types is None


OTHERS = [
    {"repository": "someone/ner"},
    {"entity_types": None},
    {"entity_types": ["LOC", "PER", "ORG"]},
    {"path": "{split}/{language}"},
    {"names": {"sw": "swa"}},
    {"splits": {"validation": "dev"}},
    {"columns": {"tags": "tags"}},
    {"rename": {"ORG": "O"}},
    {"labels": ["O"]},
]


@pytest.mark.parametrize("values", OTHERS, ids=[next(iter(values)) for values in OTHERS])
def test_the_sizes_of_table_1_are_those_of_wikiann_alone(values):
    other = PAPER | {"data": data(**values)}
    assert not is_of_table_1(other["data"]) and not is_like_table_1(other["data"])
    assert known_sizes("yo", other, TABLE) is None and may_have_other_sizes("yo", other, TABLE)
    assert fixed_training_size("yo", other, TABLE) is None
    assert expected_sizes("yo", other, TABLE) == dict.fromkeys(("train", "validation", "test"), 20000)
    # the limit of the last row is none: a million would ask a cluster for weeks
    no_limit = other | {"schedules": [other["schedules"][-1] | {"up_to": 1_000_000}]}
    assert expected_sizes("yo", no_limit, TABLE) == expected_sizes("yo", other, TABLE)
    small = other | {"schedules": [other["schedules"][-1] | {"up_to": 500}]}
    assert expected_sizes("yo", small, TABLE) == dict.fromkeys(("train", "validation", "test"), 500)


def test_wikiann_by_another_owner_or_in_a_folder_is_checked():
    for values in ({}, {"repository": "someone/WikiAnn"}, {"source": "local", "folder": "x", "repository": "a/b"}):
        assert is_of_table_1(data(**values))
    assert not may_have_other_sizes("yo", PAPER, TABLE)
    assert is_like_table_1(TINY["data"]) and not is_of_table_1(TINY["data"])


def test_what_by_language_says_is_laid_on_the_data_of_that_language():
    by_language = {
        "hi, mr": {"source": "local", "folder": "own", "splits": {"validation": "dev"}},
        "yo": {"source": "synthetic"},
    }
    mixed = data(by_language=by_language, synthetic={"sizes": {"yo": {"train": 7, "validation": 2, "test": 3}}})
    for code in ("hi", "mr"):
        own = data_of_language(mixed, code)
        assert (own["source"], own["folder"], own["repository"]) == ("local", "own", mixed["repository"])
        assert own["splits"] == {"train": "train", "validation": "dev", "test": "test"}
    assert data_of_language(mixed, "sw") == {key: value for key, value in mixed.items() if key != "by_language"}
    config = PAPER | {"data": mixed}
    assert known_sizes("yo", config, TABLE) == {"train": 7, "validation": 2, "test": 3}
    assert known_sizes("hi", config, TABLE) is None and may_have_other_sizes("hi", config, TABLE)  # not WikiAnn's form
    assert known_sizes("sw", config, TABLE)["train"] == 1000 and not may_have_other_sizes("sw", config, TABLE)


def test_other_sizes_may_be_those_of_one_language():
    config = PAPER | {"data": data(by_language={"yo": {"allow_other_sizes": True}})}
    assert may_have_other_sizes("yo", config, TABLE) and not may_have_other_sizes("sw", config, TABLE)


def test_two_languages_may_have_the_same_path_in_other_folders():
    path = {"path": "{split}", "folder": "hindi"}
    check_config(merged(TINY, {"data": LOCAL | path | {"by_language": {"mr": {"folder": "marathi"}}}}), SCHEMA, TABLE)


LOCAL = {"source": "local", "folder": "x"}
BAD = [
    ({"path": "{language}"}, "data.path: '{language}' gives several splits the same files"),
    ({"path": "{split}"}, "data.path: '{split}' gives several languages the same files"),
    ({"splits": {"test": "train"}}, "data.path: '{language}/{split}' gives several splits the same files"),
    ({"path": "{lang}/{split}"}, "data.path: '{lang}/{split}' is wrong: it must be a path in the folder or repository"),
    ({"path": "/data/{language}/{split}"}, "data.path: '/data/{language}/{split}' is wrong: it must be a path in the"),
    ({"names": {"yo": "yor"}}, "data.names: 'yo' is not in languages: hi, mr"),
    ({"names": {"hi": "x", "mr": "x"}}, "data.path: '{language}/{split}' gives several languages the same files"),
    ({"entity_types": ["PER", "O"]}, "data.entity_types: 'O' is the tag of words outside of mentions, not a type"),
    ({"entity_types": []}, "data.entity_types: [] is wrong: it must be a list of at least 1"),
    ({"entity_types": ["A B"]}, "data.entity_types.0: 'A B' is wrong: it must be a name without spaces, such as PER"),
    ({"entity_types": [f"T{n}" for n in range(64)]}, "data.entity_types: "),
    ({"rename": {"OTH": "MISC"}}, "data.rename: 'MISC' is not in data.entity_types: PER, ORG, LOC"),
    ({"rename": {"OTH": False}}, "data.rename.OTH: false is wrong: it must be a text, in quotes"),
    ({"labels": ["O", "PER"]}, "data.labels.1: 'PER' is wrong: it must be a tag, such as O or B-PER"),
    ({"columns": {"tokens": 1.5}}, "data.columns.tokens: 1.5 is wrong: it must be a text or a whole number without"),
    ({"by_language": {"hi, yo": {}}}, "data.by_language: 'yo' is not in languages: hi, mr"),
    ({"by_language": {False: {}}}, "data.by_language: false is not in languages: hi, mr"),
    ({"by_language": {"hi, mr": {}, "hi": {}}}, "data.by_language: 'hi' is in 'hi, mr' and 'hi'; expected it once"),
    ({"by_language": {"hi": {"folder": "."}, "mr": {"folder": None}}}, "data.folder: source local needs the folder"),
    ({"by_language": {"hi": {"source": "own"}}}, "data.by_language.hi.source: 'own' is wrong: it must be one of hub, "),
    (
        {"by_language": {"hi": {"entity_types": ["PER"]}}},
        "data.by_language.hi: unknown key 'entity_types'; allowed: source, repository, revision, folder, path, splits, "
        "columns, labels, rename, allow_other_sizes; entity_types, names and synthetic are of the whole study, in data",
    ),
    ({"by_language": {"hi": {"rename": {"A": "B"}}}}, "data.by_language.hi.rename: 'B' is not in data.entity_types: P"),
    ({"by_language": {"hi, mr": {"path": "x"}}}, "data.path: 'x' gives several splits the same files"),
    ({"by_language": {"hi, mr": {"path": "{split}"}}}, "data.path: '{split}' gives several languages the same files"),
    ({"by_language": {"mr": {"path": "{lang}"}}}, "data.by_language.mr.path: '{lang}' is wrong: it must be a path in"),
    ({"splits": {"dev": "dev"}}, "data.splits: unknown key 'dev'; allowed: train, validation, test"),
]


@pytest.mark.parametrize("values, line", BAD, ids=[line[:40] for _, line in BAD])
def test_wrong_values(values, line):
    with pytest.raises(InputError) as error:
        check_config(merged(TINY, {"data": LOCAL | values}), SCHEMA, TABLE)
    assert str(error.value).startswith(f"config: {line}") and "\n" not in str(error.value)


def test_the_name_of_all_languages_together_is_no_language():
    with pytest.raises(InputError, match="^config: languages: 'multilingual' is the training set of all languages"):
        check_config(merged(TINY, {"languages": ["hi", "multilingual"]}), SCHEMA, TABLE)
    with pytest.raises(
        InputError, match="^config: languages: no row for the language 'zh-yue'; expected a row with code"
    ):
        check_config(merged(TINY, {"languages": ["hi", "zh-yue"]}), SCHEMA, TABLE)
    with pytest.raises(InputError, match="^config: perturbations: 'in-name': no groups of languages; expected another"):
        check_config(merged(TINY, {"perturbations": ["in-name"]}), SCHEMA, TABLE)
