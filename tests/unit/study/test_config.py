"""Wrong configs: each ends in one line that names the key and what is allowed."""

import pytest
import yaml
from ner_pruning.files import InputError
from ner_pruning.study.config import check_config, make_floats
from ner_pruning.study.methods import PRUNING_METHODS
from study_configs import PAPER, REMOVE, ROOT, SCHEMA, TABLE, merged

RANDOM = {"seed": 0, "vocabulary": 500, "hidden": 16, "layers": 1, "heads": 2, "feed_forward": 32, "positions": 512}


@pytest.mark.parametrize(
    "path", [ROOT / "config.yaml", *sorted(ROOT.glob("studies/*.yaml"))], ids=lambda path: path.name
)
def test_the_studies_that_come_with_the_workflow_are_right(path):
    overlay = yaml.safe_load(path.read_text())
    own = dict.fromkeys(overlay.get("languages", []), TABLE["yo"])  # for which the user writes rows
    check_config(merged(PAPER, overlay), SCHEMA, own | TABLE if path.name == "masakhaner.yaml" else TABLE)


def test_the_papers_values():
    """Appendix A of the paper, and its Table 1."""
    assert PAPER["finetuning"]["epochs"] == 60
    assert PAPER["finetuning"]["learning_rate"] == 7e-5
    assert PAPER["finetuning"]["max_length"] == 512
    assert PAPER["finetuning"]["dropout"] == 0.1
    assert PAPER["pruning"]["sparsities"] == [50, 70, 80, 90, 95, 98]
    rows = [
        tuple(row[key] for key in ("up_to", "batch_size", "start", "end", "frequency")) for row in PAPER["schedules"]
    ]
    assert rows == [
        (100, 8, 10, 60, 10),
        (1000, 8, 100, 300, 50),
        (5000, 16, 500, 1200, 100),
        (10000, 16, 500, 1200, 100),
        (15000, 16, 700, 1800, 150),
        (20000, 16, 1000, 2400, 200),
    ]
    assert PAPER["languages"] == sorted(TABLE)
    assert set(PAPER["monolingual"]) == {code for code, language in TABLE.items() if language.monolingual}
    assert len(PAPER["seeds"]) == 3


FIRST = PAPER["schedules"][0]


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ({"prunning": {}}, "config: the config: unknown key 'prunning'; allowed: study, data, "),
        ({"pruning": {"sparsites": [50]}}, "config: pruning: unknown key 'sparsites'; allowed: sparsities, scopes"),
        ({"study": REMOVE}, "config: the config: the key 'study' is missing"),
        ({"study": "../other"}, "config: study: '../other' is wrong: it must be a name of letters"),
        ({"study": 7}, "config: study: 7 is wrong: it must be a text, in quotes"),
        ({"seeds": []}, "config: seeds: [] is wrong: it must be a list of at least 1"),
        ({"seeds": [1, 1]}, "config: seeds: [1, 1] is wrong: it must be a list without repetitions"),
        ({"seeds": 1}, "config: seeds: 1 is wrong: it must be a list"),
        ({"seeds": [-1]}, "config: seeds.0: -1 is wrong: it must be at least 0"),
        (
            {"languages": ["en", "xx"]},
            "config: languages: no row for the language 'xx'; expected a row with code, name, script and family in ",
        ),
        (
            {"languages": ["en", "en"]},
            "config: languages: ['en', 'en'] is wrong: it must be a list without repetitions",
        ),
        ({"languages": ["en", False]}, "config: languages.1: false is wrong: it must be a text, in quotes"),
        (
            {"languages": ["English"]},
            "config: languages.0: 'English' is wrong: it must be a code of lower-case letters and digits, with '-' or",
        ),
        ({"monolingual": ["en"], "languages": ["de", "hi"]}, "config: monolingual: 'en' is not in languages: de, hi"),
        ({"monolingual": [], "multilingual": False}, "leave nothing to train"),
        ({"languages": ["en"], "monolingual": ["en"]}, "config: multilingual: true needs two languages or more"),
        ({"multilingual": "maybe"}, "config: multilingual: 'maybe' is wrong: it must be true or false"),
        ({"export": ["hi/dense"]}, "config: export.0: 'hi/dense' is wrong: it must be training set/variant"),
        ({"export": ["de/dense/seed-1"]}, "export: de/dense/seed-1: 'de' is not in the training sets: en, zh, "),
        ({"export": ["hi/full-99/seed-1"]}, "'full-99' is not in the variants: dense, partial-50, "),
        ({"export": ["hi/dense/seed-1", "hi/dense/seed-4"]}, "'seed-4' is not in the seeds: seed-1, seed-2, seed-3"),
        (
            {"export": ["sw/partial-50/seed-1"], "fewer_runs": {"sw": {"sparsities": [90]}}},
            "config: export: sw/partial-50/seed-1: fewer_runs leaves this run out",
        ),
        ({"fewer_runs": {"de": {"seeds": [1]}}}, "config: fewer_runs: 'de' is not in the training sets: en, zh, "),
        ({"fewer_runs": {"sw": {"seeds": []}}}, "config: fewer_runs.sw.seeds: [] is wrong: it must be a list of"),
        ({"fewer_runs": {"sw": {"seed": 1}}}, "config: fewer_runs.sw: unknown key 'seed'; allowed: sparsities, "),
        (
            {"fewer_runs": {"sw": {"sparsities": [60]}}},
            "config: fewer_runs.sw.sparsities: 60 is not in those of the study: 50, 70, 80, 90, 95, 98",
        ),
        ({"fewer_runs": {"sw": {"seeds": [4]}}}, "config: fewer_runs.sw.seeds: 4 is not in those of the study: 1, 2"),
        (
            {"fewer_runs": {"sw": {"scopes": []}}},
            "config: fewer_runs.sw: scopes and sparsities: both or neither must be empty",
        ),
        ({"pruning": {"sparsities": [0]}}, "config: pruning.sparsities.0: 0 is wrong: it must be at least 1"),
        ({"pruning": {"sparsities": [100]}}, "config: pruning.sparsities.0: 100 is wrong: it must be at most 99"),
        (
            {"pruning": {"sparsities": ["50%"]}},
            "config: pruning.sparsities.0: '50%' is wrong: it must be a whole number",
        ),
        ({"pruning": {"sparsities": []}}, "config: pruning: scopes and sparsities: both or neither must be empty"),
        ({"pruning": {"scopes": ["all"]}}, "config: pruning.scopes.0: 'all' is wrong: it must be one of partial, full"),
        (
            {"pruning": {"methods": {"lottery": {}}}},
            "config: pruning.methods: unknown key 'lottery'; allowed: random, before, after, recovered, rewound, ",
        ),
        (
            {"pruning": {"methods": {"random": [50]}}},
            "config: pruning.methods.random: [50] is wrong: it must be a mapping",
        ),
        (
            {"pruning": {"methods": {"random": {"epochs": 1}}}},
            "config: pruning.methods.random: unknown key 'epochs'; allowed: scopes, sparsities, seeds, training_sets",
        ),
        (
            {"pruning": {"methods": {"random": {"sparsities": [100]}}}},
            "config: pruning.methods.random.sparsities.0: 100 is wrong: it must be at most 99",
        ),
        (
            {"pruning": {"methods": {"random": {"training_sets": ["de"]}}}},
            "config: pruning.methods.random.training_sets: 'de' is not in the training sets: en, zh, ",
        ),
        (
            {"pruning": {"methods": {"random": {"seeds": [1, 4]}}}},
            "config: pruning.methods.random.seeds: 4 is not in the seeds: 1, 2, 3",
        ),
        (
            {"pruning": {"methods": {"before": {"scopes": []}}}},
            "config: pruning.methods.before: leaves nothing to train; expected some scopes and sparsities",
        ),
        (
            {"pruning": {"methods": {"2to4": {"sparsities": [50]}}}},
            "config: pruning.methods.2to4.scopes: 'full' is not in the scopes of this method: partial",
        ),
        (
            {"pruning": {"methods": {"2to4": {"scopes": ["partial"]}}}},
            "config: pruning.methods.2to4.sparsities: 70 is not in its sparsities: 50",
        ),
        (
            {"pruning": {"methods": {"movement": {"scopes": ["embeddings"]}}}},
            "config: pruning.methods.movement.scopes: 'embeddings' is not in the scopes of this method: partial",
        ),
        (
            {"pruning": {"methods": {"rewound": {"sparsities": [60], "training_sets": ["yo"]}}}},
            "config: pruning.methods.rewound: yo/partial-60-rewound/seed-1 starts from yo/partial-60/seed-1, which is "
            "no run of the study; expected it among those of its scopes, sparsities, seeds and training sets",
        ),
        (
            {"pruning": {"methods": {"after": {"seeds": [2]}}}, "fewer_runs": {"yo": {"seeds": [1]}}},
            "config: pruning.methods.after: yo/partial-50-after/seed-2 starts from yo/dense/seed-2, which is no run of",
        ),
        (
            {"quantisation": {"int4": {}}},
            "config: quantisation: unknown key 'int4'; allowed: int8",
        ),
        (
            {"quantisation": {"int8": {"bits": 4}}},
            "config: quantisation.int8: unknown key 'bits'; allowed: scopes, sparsities, methods, seeds, training_sets",
        ),
        (
            {"quantisation": {"int8": {"training_sets": ["de"]}}},
            "config: quantisation.int8.training_sets: 'de' is not in the training sets: en, zh, ",
        ),
        (
            {"quantisation": {"int8": {"seeds": [1, 4]}}},
            "config: quantisation.int8.seeds: 4 is not in the seeds: 1, 2, 3",
        ),
        (
            {"quantisation": {"int8": {"sparsities": [60], "training_sets": ["yo"]}}},
            "config: quantisation.int8: yo/partial-60-int8/seed-1 is of yo/partial-60/seed-1, which is no run of",
        ),
        (
            {"quantisation": {"int8": {"seeds": [2]}}, "fewer_runs": {"yo": {"seeds": [1]}}},
            "config: quantisation.int8: yo/dense-int8/seed-2 is of yo/dense/seed-2, which is no run of the study",
        ),
        (
            {"export": ["yo/partial-70-random/seed-1"], "pruning": {"methods": {"random": {"sparsities": [50]}}}},
            "config: export: yo/partial-70-random/seed-1: 'partial-70-random' is not in the variants: dense, ",
        ),
        (
            {
                "languages": ["hi"],
                "monolingual": ["hi"],
                "multilingual": False,
                "perturbations": ["in-script", "in-family"],
            },
            "config: perturbations: none of in-script, in-family exists for hi; expected another language of such a",
        ),
        (
            {"perturbations": ["in-town"]},
            "config: perturbations: 'in-town': no town of the language 'af'; expected it in the column town of ",
        ),
        ({"replacement": {"share": 0}}, "config: replacement.share: 0 is wrong: it must be more than 0"),
        ({"replacement": {"share": 1.5}}, "config: replacement.share: 1.5 is wrong: it must be at most 1"),
        (
            {"finetuning": {"learning_rate": "7e-5"}},
            "config: finetuning.learning_rate: '7e-5' is wrong: it must be a finite number: YAML reads",
        ),
        ({"finetuning": {"epochs": 0}}, "config: finetuning.epochs: 0 is wrong: it must be at least 1"),
        ({"finetuning": {"dropout": 1}}, "config: finetuning.dropout: 1 is wrong: it must be at most 0.9"),
        (
            {"finetuning": {"packing": True}},
            "config: finetuning.packing: true is wrong: it must be one of auto, off",
        ),
        (
            {"finetuning": {"precision": "fp16"}},
            "config: finetuning.precision: 'fp16' is wrong: it must be one of auto, fp32, bf16",
        ),
        ({"data": {"source": "locl"}}, "config: data.source: 'locl' is wrong: it must be one of hub, local, synthetic"),
        ({"data": {"source": "local"}}, "config: data.folder: source local needs the folder of the data"),
        ({"data": {"source": "synthetic"}}, "config: data.synthetic.sizes: no sizes for the language 'af'"),
        (
            {"data": {"by_language": {"sw, yo": {"source": "local"}}}},
            "config: data.folder: source local needs the folder of the data; the language 'sw' has none",
        ),
        (
            {"data": {"by_language": {"sw": {"source": "synthetic"}}}},
            "config: data.synthetic.sizes: no sizes for the language 'sw'",
        ),
        ({"encoder": {"source": "local"}}, "config: encoder.folder: source local needs the folder of the encoder"),
        ({"encoder": {"source": "random"}}, "config: encoder.random: source random needs the sizes of the encoder"),
        (
            {"encoder": {"source": "random", "random": RANDOM | {"hidden": 15}}},
            "config: encoder.random.hidden: 15 is wrong: it must be a multiple of encoder.random.heads (2)",
        ),
        (
            {"encoder": {"source": "random", "random": RANDOM | {"positions": 64}}},
            "config: finetuning.max_length: 512 is wrong: it must be at most encoder.random.positions (64)",
        ),
        ({"schedules": []}, "config: schedules: [] is wrong: it must be a list of at least 1"),
        ({"schedules": [FIRST, FIRST]}, "config: schedules.1.up_to: 100 is wrong: rows must ascend by up_to"),
        (
            {"schedules": [FIRST | {"start": 60}]},
            "config: schedules.0.start: 60 is wrong: it must be less than end (60)",
        ),
        (
            {"schedules": [FIRST | {"frequency": 0}]},
            "config: schedules.0.frequency: 0 is wrong: it must be more than 0",
        ),
        ({"schedules": [FIRST | {"steps": 0}]}, "config: schedules.0.steps: 0 is wrong: it must be at least 1"),
        (
            {"schedules": [FIRST | {"start": 1.5}]},
            "config: schedules.0.start: 1.5 is wrong: it must be a whole number of steps, or a share of the training "
            "between 0 and 1",
        ),
        (
            {"schedules": [FIRST | {"start": 0.4, "end": 0.3, "frequency": 0.1}]},
            "config: schedules.0.start: 0.4 is wrong: it must be less than end (0.3)",
        ),
        (
            {"schedules": [FIRST | {"start": 0.1, "end": 0.3, "frequency": 0.25}]},
            "config: schedules.0.frequency: 0.25 is wrong: it must be at most end − start (0.2)",
        ),
        (
            {"schedules": [FIRST | {"start": 0.1}, *PAPER["schedules"][1:]]},  # 78 of 780
            "config: schedules: pruning of jv has start 78, end 60 and frequency 10 in steps, which do not ",
        ),
        (
            {"schedules": [FIRST | {"steps": 59}, *PAPER["schedules"][1:]]},
            "config: schedules: pruning of jv ends at step 60, but training has 59 steps",
        ),
        ({"schedules": [FIRST | {"frequency": 51}]}, "config: schedules.0.frequency: 51 is wrong: it must be at most"),
        (
            # yo has 100 sentences: 13 steps of 8 an epoch
            {"schedules": [FIRST | {"end": 781}, *PAPER["schedules"][1:]]},
            "config: schedules: pruning of jv ends at step 781, but 100 sentences in batches of 8 over 60",
        ),
        ({"tables": {"examples": ["en", "yo", "de"]}}, "config: tables.examples: ['en', 'yo', 'de'] is wrong"),
        (
            {"chance_floor": {"derangements": 10}},
            "config: chance_floor.derangements: 10 is wrong: it must be at least 100",
        ),
        (
            {"diagnosis": {"floor_factor": 0}},
            "config: diagnosis.floor_factor: 0 is wrong: it must be more than 0",
        ),
    ],
)
def test_a_wrong_value_ends_in_one_line(overlay, message):
    with pytest.raises(InputError) as error:
        check_config(merged(PAPER, overlay), SCHEMA, TABLE)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_schedule_that_ends_too_late_is_allowed_where_nothing_is_pruned():
    late = [FIRST | {"end": 781}, *PAPER["schedules"][1:]]
    check_config(merged(PAPER, {"schedules": late, "pruning": {"scopes": [], "sparsities": []}}), SCHEMA, TABLE)


def test_each_method_is_allowed_with_what_it_is_defined_for():
    methods = {name: {"scopes": ["partial"], "sparsities": [50], "training_sets": ["yo"]} for name in PRUNING_METHODS}
    del methods["magnitude"]
    config = merged(PAPER, {"pruning": {"scopes": ["partial", "full", "embeddings"], "methods": methods}})
    check_config(config | {"export": ["yo/partial-50-2to4/seed-3", "yo/embeddings-98/seed-1"]}, SCHEMA, TABLE)
    make_floats(config, SCHEMA)
    assert set(SCHEMA["properties"]["pruning"]["properties"]["methods"]["properties"]) == set(methods)


def test_a_schedule_that_ends_too_late_is_refused_where_only_a_method_follows_it():
    late = [FIRST | {"end": 781}, *PAPER["schedules"][1:]]
    asked = {"scopes": ["partial"], "sparsities": [50], "training_sets": ["yo"]}
    none = {"scopes": [], "sparsities": []}
    for method in ("before", "after", "recovered"):
        check_config(merged(PAPER, {"schedules": late, "pruning": none | {"methods": {method: asked}}}), SCHEMA, TABLE)
    for method in ("random", "2to4", "movement"):
        with pytest.raises(InputError, match="pruning of yo ends at step 781"):
            overlay = {"schedules": late, "pruning": none | {"methods": {method: asked}}}
            check_config(merged(PAPER, overlay), SCHEMA, TABLE)


def test_a_whole_number_is_a_float_where_the_schema_has_numbers():
    config = merged(PAPER, {"replacement": {"share": 1}, "finetuning": {"weight_decay": 0, "epochs": 3}})
    make_floats(config, SCHEMA)
    values = [config["replacement"]["share"], config["finetuning"]["weight_decay"], config["finetuning"]["epochs"]]
    assert repr(values) == "[1.0, 0.0, 3]"


def test_environments_have_the_versions_of_the_lock():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    lock = dict(line.split("==") for line in lines if "==" in line)
    environment = yaml.safe_load((ROOT / "envs/study.yaml").read_text())
    pins = [pin.split("==") for part in environment["dependencies"] if isinstance(part, dict) for pin in part["pip"]]
    assert len(pins) > 10
    assert [(name, version) for name, version in pins if lock[name] != version] == []
