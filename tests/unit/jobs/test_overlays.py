"""What a call lays on config.yaml; tests/workflow/test_bad_overlays.py has real calls."""

import pytest
import yaml
from jobs.overlays import check_given_once, check_study, read_values
from ner_pruning.files import InputError
from snakemake.common.configfile import load_configfile
from snakemake.profiles import ProfileConfigFileParser

VALUES = [
    ("seeds", "4", 4),
    ("seeds", "-1", -1),
    ("seeds", "0.5", 0.5),
    ("seeds", "[4]", [4]),
    ("seeds", "[1, 2.0, '3']", [1, 2.0, "3"]),
    ("pruning", "{sparsities: [50], classifier: false}", {"sparsities": [50], "classifier": False}),
    ("pruning", "\n  sparsities: [50]", {"sparsities": [50]}),
    ("fewer_runs", "{sw: {seeds: [1]}, yo: {}}", {"sw": {"seeds": [1]}, "yo": {}}),
    ("fewer_runs", "{}", {}),
    ("languages", "[hi, no]", ["hi", False]),
    ("languages", "[hi, 'no']", ["hi", "no"]),
    ("multilingual", "true", True),
    ("multilingual", "True", True),
    ("multilingual", "off", False),
    ("multilingual", "'true'", "true"),
    ("reference", "null", None),
    ("reference", "~", None),
    ("reference", "", None),
    ("reference", "'null'", "null"),
    ("reference", "a b=c.csv", "a b=c.csv"),
    ("reference", '"a\\tb"', "a\tb"),
    ("reference", "it's", "it's"),
    ("reference", "'it''s'", "it's"),
    ("reference", "f1.csv # by others", "f1.csv"),
    ("study", "7", 7),
    ("study", "'7'", "7"),
    ("study", "1_000", 1000),
    ("study", "nan", "nan"),
    ("study", "हिन्दी", "हिन्दी"),
    ("finetuning", "{learning_rate: 1.0e-5}", {"learning_rate": 0.00001}),
    ("finetuning", "{learning_rate: 1e-5}", {"learning_rate": "1e-5"}),
    ("learning_rate", "1e-5", "1e-5"),
    ("learning_rate", "1.0e-5", 0.00001),
]


@pytest.mark.parametrize(("key", "text", "value"), VALUES)
def test_a_value_means_what_it_means_in_an_overlay(tmp_path, key, text, value):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(f"{key}: {text}\n", encoding="utf-8")
    assert repr(read_values([f"{key}={text}"])) == repr({key: value})  # which tells 1 from 1.0 and true
    assert repr(load_configfile(overlay)) == repr({key: value})


def test_several_values():
    assert read_values(["seeds=[4]", "multilingual=true"]) == {"seeds": [4], "multilingual": True}
    assert read_values([]) == {}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (["seeds=[4"], "--config seeds=[4: not YAML; expected a value as in config.yaml, such as 'seeds=[1, 2]'"),
        (["reference=a: b"], "--config reference=a: b: not YAML; expected a value as in config.yaml, such as "),
        (["seeds=[4]\nlanguages: [hi]"], "--config seeds=[4]\nlanguages: [hi]: not YAML; expected a value as in "),
        (["seeds=[1]", "seeds=[2]"], "--config seeds=[2]: the key 'seeds' is given twice; expected it once"),
        (
            ["pruning={scopes: [full], scopes: []}"],
            "--config pruning={scopes: [full], scopes: []}: line 1: the key 'scopes' is in line 1 already; "
            "expected it once",
        ),
        (
            ["reference=None"],
            "--config reference=None: None is not a YAML value; expected null, or the text 'None' in quotes",
        ),
        (
            ["data={'source': 'hub', 'folder': None}"],
            "None is not a YAML value; expected null, or the text 'None' in quotes",
        ),
    ],
)
def test_a_value_that_would_mean_something_else_is_refused(entries, message):
    with pytest.raises(InputError) as error:
        read_values(entries)
    assert message in str(error.value)


def test_pythons_none_in_quotes_is_a_text():
    assert read_values(["reference='None'", 'data={folder: "None"}']) == {
        "reference": "None",
        "data": {"folder": "None"},
    }


CONFIGFILE = (
    "--configfile is given twice, and Snakemake would use only the last; expected it once, with all "
    "overlays after it: --configfile base.yaml more.yaml"
)
CONFIG = (
    "--config is given twice, and Snakemake would use only the last; expected it once, with all "
    "values after it: --config 'seeds=[1, 2]' multilingual=false"
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("-n --configfile a.yaml --configfile b.yaml", CONFIGFILE),
        ("--configfile a.yaml models --configfiles b.yaml", CONFIGFILE),
        ("--configfile=a.yaml --cores 2 --configfile=b.yaml", CONFIGFILE),
        ("--configfiles=a.yaml --configfile b.yaml", CONFIGFILE),
        ("--config a=1 --config b=2", CONFIG),
        ("--config=a=1 -C b=2", CONFIG),
        ("-C a=1 -Cb=2", CONFIG),
        ("-nC a=1 -npC b=2", CONFIG),
    ],
)
def test_an_option_that_is_given_twice_is_refused(arguments, message):
    with pytest.raises(InputError) as error:
        check_given_once(arguments.split())
    assert str(error.value) == message


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "--configfile a.yaml b.yaml --config a=1 b=2",
        "models --configfile=a.yaml -C a=1",
        "--configfile a.yaml -- --configfile",
        "--conda-prefix C -sC --cores 2 -j C --set-resources C:a=1 --config a=-C",
    ],
)
def test_what_is_given_once_is_not_refused(arguments):
    check_given_once(arguments.split())


SEEDS, MINE = {"seeds": [1]}, {"study": "mine"}


@pytest.mark.parametrize(
    ("overlays", "values"),
    [
        ({}, {}),
        ({"a.yaml": MINE}, {}),
        ({"a.yaml": MINE, "b.yaml": SEEDS}, {}),
        ({"a.yaml": SEEDS, "b.yaml": MINE}, SEEDS),
        ({"a.yaml": SEEDS}, MINE),
        ({}, SEEDS | MINE),
        ({}, {"study": "paper", "jobs_per_gpu": 2}),
    ],
)
def test_one_of_what_is_laid_on_the_config_names_a_study(overlays, values):
    check_study(overlays, values)


@pytest.mark.parametrize(
    ("overlays", "values", "message"),
    [
        (
            {"a.yaml": SEEDS},
            {},
            "a.yaml: no study is named, so results would go into that of config.yaml; add the line `study: name`",
        ),
        (
            {"a.yaml": SEEDS, "b.yaml": SEEDS},
            SEEDS,
            "a.yaml, b.yaml: no study is named, so results would go into that of config.yaml; "
            "add the line `study: name`",
        ),
        (
            {},
            SEEDS,
            "--config: no study is named, so results would go into that of config.yaml; add `study=name`",
        ),
    ],
)
def test_an_unnamed_study_is_refused(overlays, values, message):
    with pytest.raises(InputError) as error:
        check_study(overlays, values)
    assert str(error.value) == message


def test_values_of_a_profile_are_those_of_the_command_line(tmp_path):
    """Snakemake makes such entries of a profile's `config`, of which it quotes what YAML would read as a number."""
    config = {"study": "7", "seeds": [1, 2], "multilingual": True, "pruning": {"sparsities": [50], "scopes": ["full"]}}
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    with open(path, encoding="utf-8") as file:
        assert read_values(ProfileConfigFileParser().parse(file)["config"]) == config
