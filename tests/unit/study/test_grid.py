import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ner_pruning.files import InputError
from ner_pruning.study.code_digest import code_digest, environment_pins, lock_digest
from ner_pruning.study.grid import (
    evaluated_languages,
    expected_sizes,
    finetuning_of_run,
    fixed_training_size,
    mapped_runs,
    pruning_of_run,
    schedules_of_run,
    shown_runs,
    shown_sparsities,
    study_runs,
    training_languages,
    training_sets,
)
from ner_pruning.study.languages import pool_languages, read_languages
from ner_pruning.study.schedules import choose_schedule
from ner_pruning.terms import Run, parse_variant, variant_names
from study_configs import PAPER

ROOT = Path(__file__).parents[3]
TABLE = read_languages(ROOT / "resources" / "languages.tsv")
ALL = list(TABLE)

# The languages of XTREME as SPEC lists them

SIZES = {
    100: "jv my yo",
    1000: "kk sw te",
    5000: "af hi mr",
    10000: "bn eu ka ml tl",
    15000: "et ta",
    20000: "ar bg de el en es fa fi fr he hu id it ja ko ms nl pt ru th tr ur vi zh",
}
SHARES = {100: 0.05, 1000: 0.19, 5000: 0.21, 10000: 0.23, 15000: 0.31, 20000: 2.93}
TEST_SIZES = {100: "jv my yo", 10000: "ar bg de el en es et eu fa fi fr he hu id it ja ka ko nl pt ru th tr vi zh"}
FAMILIES = {
    "Germanic": "af de en nl",
    "Afro-Asiatic": "ar he",
    "Slavic": "bg ru",
    "Indo-Aryan": "bn hi mr ur",
    "Greek": "el",
    "Romance": "es fr it pt",
    "Uralic": "et fi hu",
    "Basque": "eu",
    "Iranian": "fa",
    "Austronesian": "id jv ms tl",
    "Japonic": "ja",
    "Kartvelian": "ka",
    "Turkic": "kk tr",
    "Koreanic": "ko",
    "Dravidian": "ml ta te",
    "Sino-Tibetan": "my zh",
    "Niger-Congo": "sw yo",
    "Kra-Dai": "th",
    "Austro-Asiatic": "vi",
}
SCRIPTS = {
    "Latin": "af de en es et eu fi fr hu id it jv ms nl pt sw tl tr vi yo",
    "Arabic": "ar fa ur",
    "Cyrillic": "bg kk ru",
    "Bengali": "bn",
    "Greek": "el",
    "Hebrew": "he",
    "Devanagari": "hi mr",
    "Japanese": "ja",
    "Georgian": "ka",
    "Hangul": "ko",
    "Malayalam": "ml",
    "Burmese": "my",
    "Tamil": "ta",
    "Telugu": "te",
    "Thai": "th",
    "Chinese": "zh",
}
INDO_EUROPEAN = ("Germanic", "Slavic", "Romance", "Indo-Aryan", "Iranian", "Greek")


def by_language(groups):
    return {code: key for key, codes in groups.items() for code in codes.split()}


def test_a_training_set_may_have_fewer_runs_than_the_grid():
    config = {
        "monolingual": ["yo", "sw"],
        "multilingual": True,
        "pruning": {"scopes": ["partial", "full"], "sparsities": [50, 90], "curve": "cubic"},
        "seeds": [1, 2],
        "fewer_runs": {"sw": {"sparsities": [90], "scopes": ["full"], "seeds": [2]}, "multilingual": {"seeds": [1]}},
    }
    runs = study_runs(config)
    assert [run for run in runs if run[0] == "sw"] == [Run("sw", "dense", 2), Run("sw", "full-90", 2)]
    variants = ["dense", "partial-50", "partial-90", "full-50", "full-90"]
    assert [run for run in runs if run[0] == "multilingual"] == [("multilingual", name, 1) for name in variants]
    assert [run for run in runs if run[0] == "yo"] == [("yo", name, seed) for name in variants for seed in (1, 2)]
    assert len(runs) == 2 + 5 + 10


def test_the_40_languages_are_those_of_table_1():
    assert len(TABLE) == 40
    assert {code: row.train_size for code, row in TABLE.items()} == by_language(SIZES)
    assert sum(row.train_size for row in TABLE.values()) == 578_300
    assert all(row.pretraining_share == SHARES[row.train_size] for row in TABLE.values())
    tests = by_language(TEST_SIZES)
    assert {code: row.test_size for code, row in TABLE.items()} == {code: tests.get(code, 1000) for code in TABLE}
    monolingual = {code for code, row in TABLE.items() if row.monolingual}
    assert monolingual == {"en", "zh", "bn", "eu", "af", "hi", "sw", "te", "jv", "yo"}


def test_families_phyla_and_scripts_are_those_of_the_study():
    assert {code: row.family for code, row in TABLE.items()} == by_language(FAMILIES)
    assert {code: row.script for code, row in TABLE.items()} == by_language(SCRIPTS)
    for row in TABLE.values():
        assert row.phylum == ("Indo-European" if row.family in INDO_EUROPEAN else row.family), row.code
        assert row.name and row.name.isascii()
    assert (TABLE["yo"].name, TABLE["jv"].name, TABLE["eu"].name) == ("Yoruba", "Javanese", "Basque")


HEADER = "code\tname\tphylum\tfamily\tscript\ttrain_size\ttest_size\tpretraining_share\tmonolingual"


@pytest.mark.parametrize(
    "row",
    [
        "yo\tYoruba\tNiger-Congo\tNiger-Congo\tLatin\tmany\t100\t0.05\tyes",
        "yo\tYoruba\tNiger-Congo\tNiger-Congo\tLatin\t100\t100\t0.05\tperhaps",
        "yo\tYoruba\tNiger-Congo\tNiger-Congo\tLatin\t100\t100",
    ],
)
def test_a_wrong_row_of_the_languages_is_named(tmp_path, row):
    good = "sw\tSwahili\tNiger-Congo\tNiger-Congo\tLatin\t1000\t1000\t0.19\tyes"
    (tmp_path / "languages.tsv").write_text("\n".join([HEADER, good, row]) + "\n")
    with pytest.raises(InputError, match=r"languages\.tsv: line 3: wrong or missing value") as error:
        read_languages(tmp_path / "languages.tsv")
    assert "\n" not in str(error.value)


# Pools


def test_the_pool_of_in_language_is_the_language_itself():
    assert all(pool_languages(code, "in-language", ALL, TABLE) == [code] for code in ALL)


@pytest.mark.parametrize("perturbation, groups", [("in-script", SCRIPTS), ("in-family", FAMILIES)])
def test_cross_language_pools_are_the_others_of_the_group(perturbation, groups):
    for codes in groups.values():
        group = codes.split()
        for code in group:
            others = [other for other in group if other != code]
            assert pool_languages(code, perturbation, ALL, TABLE) == others
            assert pool_languages(code, perturbation, ALL, TABLE, own_language=True) == (group if others else [])


@pytest.mark.parametrize(
    "perturbation, alone",
    [
        ("in-script", "bn el he ja ka ko ml my ta te th zh"),
        ("in-family", "el eu fa ja ka ko th vi"),
    ],
)
def test_languages_alone_in_their_group(perturbation, alone):
    found = [code for code in ALL if not pool_languages(code, perturbation, ALL, TABLE)]
    assert found == alone.split()
    monolingual = [code for code in found if TABLE[code].monolingual]
    assert monolingual == {"in-script": ["bn", "te", "zh"], "in-family": ["eu"]}[perturbation]


def test_pools_hold_only_the_languages_of_the_study_in_its_order():
    studied = ["yo", "jv", "sw", "te", "af", "hi"]
    assert pool_languages("jv", "in-script", studied, TABLE) == ["yo", "sw", "af"]
    assert pool_languages("jv", "in-family", studied, TABLE) == []
    assert pool_languages("jv", "in-family", studied, TABLE, own_language=True) == []
    assert pool_languages("sw", "in-family", studied, TABLE) == ["yo"]
    assert pool_languages("sw", "in-family", studied, TABLE, own_language=True) == ["yo", "sw"]


# Training sets, sizes, variants, schedules

CONFIG = {
    "languages": ALL,
    "monolingual": ["en", "yo"],
    "multilingual": True,
    "data": PAPER["data"],
}
SYNTHETIC = PAPER["data"] | {
    "source": "synthetic",
    "allow_other_sizes": True,
    "synthetic": {
        "seed": 0,
        "sizes": {"en": {"train": 30, "validation": 8, "test": 9}, "yo": {"train": 12, "validation": 4, "test": 5}},
    },
}


def test_training_sets_and_their_languages():
    assert training_sets(CONFIG) == ["en", "yo", "multilingual"]
    assert training_sets({**CONFIG, "multilingual": False}) == ["en", "yo"]
    assert training_sets({**CONFIG, "monolingual": []}) == ["multilingual"]
    assert training_languages("yo", CONFIG) == ["yo"]
    assert training_languages("multilingual", CONFIG) == ALL


def test_the_languages_that_any_run_is_evaluated_on():
    assert evaluated_languages(CONFIG) == ALL
    assert evaluated_languages({**CONFIG, "multilingual": False, "monolingual": ["yo", "en"]}) == ["en", "yo"]
    assert evaluated_languages({**CONFIG, "monolingual": []}) == ALL


@pytest.mark.parametrize(
    ("sparsities", "shown"),
    [
        ([50, 70, 80, 90, 95, 98], [50, 80, 98]),
        ([90, 50], [50, 90]),
        ([95, 50, 70], [50, 70, 95]),
        ([98], [98]),
        ([], []),
    ],
)
def test_the_lowest_middle_and_highest_sparsity_are_shown(sparsities, shown):
    assert shown_sparsities(sparsities) == shown


GRID = {
    **CONFIG,
    "seeds": [3, 1],
    "pruning": {"scopes": ["partial", "full"], "sparsities": [50, 70, 90, 98]},
    "fewer_runs": {},
}


def test_the_curves_of_a_training_set_are_of_its_first_seed_and_three_of_its_sparsities():
    partial = {"scopes": ["partial"], "sparsities": [70, 90], "seeds": [1]}
    shown = shown_runs({**GRID, "fewer_runs": {"yo": partial, "multilingual": {"scopes": [], "sparsities": []}}})
    english = ["dense", "partial-50", "partial-70", "partial-98", "full-50", "full-70", "full-98"]
    assert shown == [
        *(Run("en", variant, 3) for variant in english),
        *(Run("yo", variant, 1) for variant in ("dense", "partial-70", "partial-90")),
        Run("multilingual", "dense", 3),
    ]


def test_at_most_ten_languages_and_the_multilingual_set_are_shown():
    def training_sets_of(**changes):
        return list(dict.fromkeys(run[0] for run in shown_runs({**GRID, **changes})))

    assert training_sets_of(monolingual=ALL) == [*ALL[:10], "multilingual"]
    assert training_sets_of(multilingual=False) == ["en", "yo"]
    assert training_sets_of(monolingual=[]) == ["multilingual"]


def test_the_zeros_shown_are_of_the_pruned_multilingual_models_if_there_are_any():
    pruned = [f"{scope}-{sparsity}" for scope in ("partial", "full") for sparsity in (50, 70, 90, 98)]
    assert set(mapped_runs(GRID)) == {Run("multilingual", variant, 3) for variant in pruned}
    assert set(mapped_runs({**GRID, "multilingual": False})) == {Run("en", variant, 3) for variant in pruned}
    fewer = {"en": {"scopes": [], "sparsities": []}, "yo": {"scopes": ["full"], "sparsities": [70], "seeds": [1]}}
    assert mapped_runs({**GRID, "multilingual": False, "fewer_runs": fewer}) == [Run("yo", "full-70", 1)]
    assert mapped_runs({**GRID, "pruning": {"scopes": [], "sparsities": []}}) == []


SCHEDULES = [
    {"up_to": 100, "batch_size": 8, "start": 10, "end": 60, "frequency": 10},
    {"up_to": 20000, "batch_size": 16, "start": 1000, "end": 2400, "frequency": 200},
]


@pytest.mark.parametrize(
    ("training_set", "variant", "read"),
    [
        # of a size that the config fixes a run reads one row, which is its last: no limit
        ("yo", "partial-50", [{"batch_size": 8, "start": 10, "end": 60, "frequency": 10}]),
        ("yo", "dense", [{"batch_size": 8}]),
        ("en", "full-98", [{"batch_size": 16, "start": 1000, "end": 2400, "frequency": 200}]),
        ("multilingual", "dense", [{"batch_size": 16}]),
    ],
)
def test_what_a_run_reads_of_the_schedules(training_set, variant, read):
    config = {**CONFIG, "schedules": [dict(row) for row in SCHEDULES]}
    assert schedules_of_run(training_set, variant, config, TABLE) == read
    assert config["schedules"] == SCHEDULES  # the config keeps its limits


def test_a_run_reads_steps_in_place_of_epochs_only_where_its_rows_have_them():
    finetuning = {"epochs": 60, "dropout": 0.1}
    rows = [SCHEDULES[0] | {"steps": 8280, "start": 0.12}, *SCHEDULES[1:]]
    config = {**CONFIG, "schedules": rows, "finetuning": finetuning}
    assert finetuning_of_run("yo", config, TABLE) == {"dropout": 0.1}
    assert finetuning_of_run("en", config, TABLE) == finetuning_of_run("multilingual", config, TABLE) == finetuning
    assert schedules_of_run("yo", "dense", config, TABLE) == [{"batch_size": 8, "steps": 8280}]
    assert schedules_of_run("yo", "full-50", config, TABLE)[0]["start"] == 0.12
    of_any_size = config | {"data": {**CONFIG["data"], "allow_other_sizes": True}}
    assert finetuning_of_run("yo", of_any_size, TABLE) == finetuning  # a row that may apply has epochs


@pytest.mark.parametrize("value, read", [("auto", {}), ("off", {"packing": "off"}), (False, {"packing": "off"})])
def test_a_run_reads_of_packing_only_that_it_is_off(value, read):
    """YAML reads `off` without quotes as false."""
    config = {**CONFIG, "schedules": SCHEDULES, "finetuning": {"epochs": 60, "packing": value}}
    assert finetuning_of_run("yo", config, TABLE) == {"epochs": 60} | read


def test_the_paper_reads_nothing_new():
    """What runs of a study without steps and shares read is what it was before there were any."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    for training_set in ("yo", "en", "multilingual"):
        read = {key: value for key, value in config["finetuning"].items() if key != "packing"}  # a later key
        assert finetuning_of_run(training_set, config, TABLE) == read
        (row,) = schedules_of_run(training_set, "full-50", config, TABLE)
        assert list(row) == ["batch_size", "start", "end", "frequency"]
        assert {type(value) for value in row.values()} == {int}


def test_a_run_of_any_size_reads_all_limits_but_the_last():
    config = {**CONFIG, "schedules": SCHEDULES, "data": {**CONFIG["data"], "allow_other_sizes": True}}
    assert schedules_of_run("yo", "dense", config, TABLE) == [{"up_to": 100, "batch_size": 8}, {"batch_size": 16}]
    first, last = schedules_of_run("yo", "full-50", config, TABLE)
    assert first == SCHEDULES[0]
    assert last == {"batch_size": 16, "start": 1000, "end": 2400, "frequency": 200}


def test_what_a_run_reads_of_pruning():
    read = {"curve": "cubic", "threshold": "layer", "classifier": False}
    grid = {"scopes": ["partial", "full"], "sparsities": [50]}
    config = {"pruning": {**grid, **read, "position_embeddings": True}}
    assert pruning_of_run("dense", config) is None
    assert pruning_of_run("partial-50", config) == read  # it has its embeddings whole
    assert pruning_of_run("full-50", config) == {**read, "position_embeddings": True}


def test_sizes_that_the_config_fixes():
    assert expected_sizes("ur", CONFIG, TABLE) == {"train": 20000, "validation": 1000, "test": 1000}
    assert fixed_training_size("multilingual", CONFIG, TABLE) == 578_300
    assert fixed_training_size("yo", CONFIG, TABLE) == 100
    other = {**CONFIG, "data": {**CONFIG["data"], "allow_other_sizes": True}}
    assert fixed_training_size("yo", other, TABLE) is None
    synthetic = {**CONFIG, "languages": ["en", "yo"], "data": SYNTHETIC}
    assert expected_sizes("yo", synthetic, TABLE) == {"train": 12, "validation": 4, "test": 5}
    assert fixed_training_size("multilingual", synthetic, TABLE) == 42


def test_the_paper_has_thirteen_variants():
    names = variant_names(["partial", "full"], [50, 70, 80, 90, 95, 98])
    assert names[0] == "dense"
    assert names[1:7] == ["partial-50", "partial-70", "partial-80", "partial-90", "partial-95", "partial-98"]
    assert names[7:] == ["full-50", "full-70", "full-80", "full-90", "full-95", "full-98"]
    assert variant_names(["full"], [90, 50]) == ["dense", "full-50", "full-90"]
    assert variant_names([], [50]) == variant_names(["full"], []) == ["dense"]
    assert [parse_variant(name) for name in ("dense", "partial-50", "full-98")] == [
        ("", 0),
        ("partial", 50),
        ("full", 98),
    ]


@pytest.mark.parametrize(
    "sentences, up_to",
    [(1, 100), (100, 100), (101, 1000), (1000, 1000), (1001, 20000), (20000, 20000), (578300, 20000)],
)
def test_a_training_set_takes_the_smallest_class_that_is_not_smaller(sentences, up_to):
    schedules = [{"up_to": size} for size in (100, 1000, 20000)]
    assert choose_schedule(schedules, sentences)["up_to"] == up_to


def test_the_last_row_of_the_schedules_needs_no_limit():
    assert [choose_schedule([{"up_to": 100}, {"start": 5}], sentences) for sentences in (100, 101)] == [
        {"up_to": 100},
        {"start": 5},
    ]


# What a rule's code is

SCRIPT = '''"""Train."""

from ner_pruning.loop import train
from jobs.logs import log_to

if __name__ == "__main__":
    train()
'''
LOOP = '''"""The loop."""

from ner_pruning import steps


def train(rate=0.1):
    """Train."""
    return steps.take(rate)  # go
'''
STEPS = '''LIMIT = 3
"""How far."""


def take(rate):
    return min(rate, LIMIT)
'''


@pytest.fixture
def scripts(tmp_path):
    """A script that imports a module that imports another; `report` is a module that none of them imports."""
    (tmp_path / "ner_pruning").mkdir()
    write = {"train.py": SCRIPT, "logs.py": "A = 1\n", "ner_pruning/__init__.py": "", "ner_pruning/loop.py": LOOP}
    write |= {"ner_pruning/steps.py": STEPS, "ner_pruning/report.py": "B = 1\n"}
    for name, text in write.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def digest(scripts):
    return code_digest(scripts / "train.py", scripts / "ner_pruning")


UNCHANGED = {
    "comment": ("ner_pruning/steps.py", "LIMIT = 3\n", "# three\nLIMIT = 3  # steps\n\n\n"),
    "comment in the script": ("train.py", "    train()", "    # now\n    train()"),
    "docstring of a module": ("ner_pruning/loop.py", "The loop.", "A loop,\nin two lines."),
    "docstring of a function": ("ner_pruning/loop.py", '    """Train."""\n', ""),
    "docstring of an attribute": ("ner_pruning/steps.py", "How far", "How many steps"),
    "formatting": ("ner_pruning/loop.py", "def train(rate=0.1):", "def train(\n    rate = 0.10,\n):"),
    "quotes": ("train.py", '"__main__"', "'__main__'"),
    "how scripts log": ("logs.py", "A = 1", "A = 2"),
    "module that is not imported": ("ner_pruning/report.py", "B = 1", "B = 2"),
}
CHANGED = {
    "script": ("train.py", "train()\n", "train(0.2)\n"),
    "module": ("ner_pruning/loop.py", "rate=0.1", "rate=0.2"),
    "module that a module imports": ("ner_pruning/steps.py", "LIMIT = 3", "LIMIT = 4"),
    "string that is used": ("ner_pruning/steps.py", "LIMIT = 3", 'LIMIT = "3"'),
    "another import": ("ner_pruning/steps.py", "LIMIT = 3", "import ner_pruning.report\n\nLIMIT = 3"),
    "import inside a function": (
        "ner_pruning/steps.py",
        "    return",
        "    from ner_pruning.report import B\n\n    return",
    ),
}


@pytest.mark.parametrize("file, old, new", UNCHANGED.values(), ids=UNCHANGED)
def test_the_digest_of_code_does_not_change_with(scripts, file, old, new):
    before, text = digest(scripts), (scripts / file).read_text()
    assert old in text
    (scripts / file).write_text(text.replace(old, new))
    assert digest(scripts) == before


@pytest.mark.parametrize("file, old, new", CHANGED.values(), ids=CHANGED)
def test_the_digest_of_code_changes_with(scripts, file, old, new):
    before, text = digest(scripts), (scripts / file).read_text()
    assert old in text
    (scripts / file).write_text(text.replace(old, new))
    assert digest(scripts) != before


def test_a_module_counts_as_soon_as_it_is_imported(scripts):
    (scripts / "ner_pruning/steps.py").write_text("from ner_pruning import report\n" + STEPS)
    before = digest(scripts)
    (scripts / "ner_pruning/report.py").write_text("B = 2\n")
    assert digest(scripts) != before


@pytest.mark.parametrize(
    "block",
    [
        "if A:\n {}\nelse:\n pass",
        "if A:\n pass\nelif B:\n {}",
        "for a in A:\n pass\nelse:\n {}",
        "while A:\n {}",
        "with A:\n {}",
        "try:\n {}\nfinally:\n pass",
        "try:\n pass\nexcept A:\n {}",
        "try:\n pass\nexcept* A:\n {}",
        "try:\n pass\nexcept A:\n pass\nelse:\n {}",
        "try:\n pass\nfinally:\n {}",
        "match A:\n case 1:\n  {}",
        "class A:\n async def a():\n  {}",
    ],
)
def test_an_import_counts_in_every_block(scripts, block):
    (scripts / "ner_pruning/steps.py").write_text(STEPS + block.format("import ner_pruning.report"))
    before = digest(scripts)
    (scripts / "ner_pruning/report.py").write_text("B = 2\n")
    assert digest(scripts) != before


def test_modules_that_import_each_other_have_a_digest(scripts):
    (scripts / "ner_pruning/steps.py").write_text("from ner_pruning import loop\n" + STEPS)
    assert len(digest(scripts)) == 16


def test_the_digest_is_of_a_text_that_every_python_writes_alike(tmp_path):
    (tmp_path / "ner_pruning").mkdir()
    (tmp_path / "ner_pruning/__init__.py").write_text('"""A package."""')
    # ast.unparse quotes such a string in one way before Python 3.12, and in another since
    (tmp_path / "script.py").write_text("class A:\n def of(names):\n  return f\"{'é'.join(names)}\"  # comment\n")
    text = (
        "Module(body=[ClassDef(name='A', body=[FunctionDef(name='of', args=arguments(args=[arg(arg='names')]), "
        "body=[Return(value=JoinedStr(values=[FormattedValue(value=Call(func=Attribute(value=Constant(value='\\xe9'), "
        "attr='join', ctx=Load()), args=[Name(id='names', ctx=Load())]), conversion=-1)]))])])])"
    )
    written = f"ner_pruning/__init__.py\nModule(body=[Pass()])\nscript.py\n{text}\n"
    expected = hashlib.sha256(written.encode()).hexdigest()[:16]
    assert code_digest(tmp_path / "script.py", tmp_path / "ner_pruning") == expected


def test_the_digest_does_not_depend_on_where_the_code_lies(scripts, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "checkout"
    shutil.copytree(scripts, elsewhere)
    assert digest(elsewhere) == digest(scripts)


@pytest.mark.parametrize(
    "script, module, counts",
    [
        ("finetune", "training/pruning", True),
        ("finetune", "data/encoded_sentences", True),
        ("finetune", "scoring/f1", False),
        ("finetune", "figures/paper_figures", False),
        ("predict", "data/encoded_sentences", True),
        ("predict", "training/pruning", False),
        ("score", "scoring/f1", True),
        ("score", "training/finetune", False),
    ],
)
def test_the_project_s_own_scripts_depend_on_what_they_import(tmp_path, script, module, counts):
    shutil.copytree(ROOT / "workflow" / "scripts", tmp_path / "scripts")
    library = tmp_path / "scripts" / "ner_pruning"
    path = library / f"{module}.py"
    before = code_digest(tmp_path / "scripts" / f"{script}.py", library)
    assert before == code_digest(ROOT / f"workflow/scripts/{script}.py", ROOT / "workflow/scripts/ner_pruning")
    path.write_text(path.read_text() + "\n\nADDED = 1\n")
    assert (code_digest(tmp_path / "scripts" / f"{script}.py", library) != before) == counts


LOCK = "# pins\nnumpy==2.3.1\n\ntorch==2.13.0  # CPU\n"


@pytest.mark.parametrize(
    "text, same",
    [
        ("torch==2.13.0\nnumpy==2.3.1", True),
        ("numpy==2.3.1\n# other words\ntorch==2.13.0\n\n\n", True),
        ("numpy==2.3.2\ntorch==2.13.0\n", False),
        ("numpy==2.3.1\n", False),
        ("numpy==2.3.1\ntorch==2.13.0\ntqdm==4.67.1\n", False),
    ],
)
def test_the_digest_of_a_lock_is_that_of_its_pins(tmp_path, text, same):
    for name, content in (("one", LOCK), ("other", text)):
        (tmp_path / name).write_text(content)
    assert (lock_digest(tmp_path / "one") == lock_digest(tmp_path / "other")) == same


def test_pins_of_an_environment_count_where_they_differ_from_the_lock(tmp_path):
    (tmp_path / "lock").write_text("numpy==2.4.6\ntorch==2.13.0\n")
    pins = environment_pins({"dependencies": ["python=3.11", "pip", {"pip": ["torch==2.13.0"]}]})
    assert pins == ["torch==2.13.0"]
    assert lock_digest(tmp_path / "lock", pins) == lock_digest(tmp_path / "lock")
    assert lock_digest(tmp_path / "lock", ["torch==2.14.0"]) != lock_digest(tmp_path / "lock")


ROOMS = {
    "__init__.py": "",
    "words.py": "WORD = 1\n",
    "loop.py": "LOOP = 1\n",
    "training/__init__.py": "",
    "training/loop.py": "from . import steps\nfrom .rates import RATE\nfrom ..words import WORD\n",
    "training/steps.py": "STEPS = 1\n",
    "training/rates.py": "RATE = 1\n",
    "training/unused.py": "",
    "scoring/__init__.py": "from .f1 import F1\n",
    "scoring/f1.py": "F1 = 1\n",
    "scoring/loop.py": "LOOP = 1\n",
    "report/__init__.py": "",
    "report/tables.py": "",
}
"""A package of several rooms: relative imports of the same room and of the one above, two modules of one name."""

LOOP_IN_TRAINING = {
    "__init__.py",
    "words.py",
    *(f"training/{name}.py" for name in ("__init__", "loop", "steps", "rates")),
}
SCORING = {"__init__.py", "scoring/__init__.py", "scoring/f1.py"}


@pytest.mark.parametrize(
    "imports, expected",
    [
        ("from ner_pruning.training.loop import RATE", LOOP_IN_TRAINING),
        ("from ner_pruning.training import loop", LOOP_IN_TRAINING),
        ("import ner_pruning.training.loop", LOOP_IN_TRAINING),
        ("from ner_pruning import training", {"__init__.py", "training/__init__.py"}),
        ("import ner_pruning.training as room", {"__init__.py", "training/__init__.py"}),
        ("from ner_pruning import scoring", SCORING),
        ("from ner_pruning.scoring import F1", SCORING),
        ("from ner_pruning.scoring import loop", SCORING | {"scoring/loop.py"}),
        ("from ner_pruning import loop", {"__init__.py", "loop.py"}),
        ("import numpy", {"__init__.py"}),
    ],
)
def test_what_an_import_runs_counts_and_nothing_else(tmp_path, imports, expected):
    """Each file is changed in turn: those that Python runs at the import change the digest, and no others."""
    package = tmp_path / "ner_pruning"
    for name, text in ROOMS.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    (tmp_path / "script.py").write_text(f"{imports}\n")

    changed = set()
    for name, text in ROOMS.items():
        before = code_digest(tmp_path / "script.py", package)
        (package / name).write_text(f"{text}CHANGED = 1\n")
        if code_digest(tmp_path / "script.py", package) != before:
            changed.add(name)
        (package / name).write_text(text)
    assert changed == expected

    show = f"import sys; sys.path.insert(0, sys.argv[1])\n{imports}\n"
    show += "print(*(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'ner_pruning'), sep='\\n')"
    done = subprocess.run([sys.executable, "-c", show, tmp_path], capture_output=True, text=True, check=True)
    ran = {str(Path(line).relative_to(package)) for line in done.stdout.split()}
    assert ran | {"__init__.py"} == expected  # the package itself always counts


def test_two_modules_of_one_name_that_change_places_change_the_digest(tmp_path):
    """The same two texts, the other way round."""
    package = tmp_path / "ner_pruning"
    (tmp_path / "script.py").write_text("from ner_pruning.scoring import loop\nfrom ner_pruning.training import loop\n")
    digests = []
    for scoring, training in (("A = 1\n", "A = 2\n"), ("A = 2\n", "A = 1\n")):
        for room, text in (("scoring", scoring), ("training", training)):
            (package / room).mkdir(parents=True, exist_ok=True)
            (package / room / "loop.py").write_text(text)
        (package / "__init__.py").write_text("")
        digests.append(code_digest(tmp_path / "script.py", package))
    assert digests[0] != digests[1]
