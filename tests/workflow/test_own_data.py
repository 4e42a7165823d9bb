"""Studies of a user's own data, from the config alone: text in BIOES with other types; languages of several sources.

Each goes from the files to its scores, which are those of seqeval on the tags as the files have them. The first is the
one of docs/your-study.md, by its commands, in a checkout with an odd name; the data of the second have one.
"""

import csv
import json
import random
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import odd_names
import pytest
import warm_python
import yaml
from ner_pruning.data.mentions import labels_of
from ner_pruning.data.synthetic import generate
from ner_pruning.data.test_sets import read_names, read_test_set
from ner_pruning.data.wikiann import read_corpus
from ner_pruning.scoring.prediction_files import read_manifest, read_predictions
from ner_pruning.training.encoder import random_encoder
from seqeval.metrics import f1_score
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support
from seqeval.scheme import IOB2, IOBES, Entities
from study_configs import merged
from workflow_copy import ROOT, Workflow, copy_workflow

SIZES = {"train": 48, "validation": 12, "test": 20}
NAMES = {
    "PER": ["Asha", "Juma Bakari", "Neema"],
    "MISC": ["Kombe la Dunia", "Uhuru"],
    "DATE": ["Mei", "mwaka jana", "Juni 2020"],
    "work-of-art": ["Utenzi wa Tambuka"],
}
TINY = yaml.safe_load((ROOT / "studies/tiny.yaml").read_text(encoding="utf-8"))
LEARNING = {"finetuning": TINY["finetuning"] | {"epochs": 15, "learning_rate": 0.02}}


def made_up(number: int, types: list[str], seed: int) -> list[list[tuple[str, str]]]:
    """Return sentences of (word, tag) in IOB2, whose words tell their tags."""
    draw, made = random.Random(seed), []
    for _ in range(number):
        sentence = []
        for _ in range(draw.randint(1, 3)):
            type = draw.choice(types)
            words = draw.choice(NAMES[type]).split()
            sentence += [(word, f"{'I' if place else 'B'}-{type}") for place, word in enumerate(words)]
            sentence += [(word, "O") for word in draw.choice(["alisema kwa", "na", "ilikuwa ya"]).split()]
        made.append(sentence)
    return made


def bioes(sentence: list[tuple[str, str]]) -> list[tuple[str, str]]:
    tags = [tag for _, tag in sentence]
    last = [not (place + 1 < len(tags) and tags[place + 1].startswith("I-")) for place in range(len(tags))]
    change = {("B", True): "S", ("I", True): "E"}
    return [
        (word, tag if tag == "O" else change.get((tag[0], end), tag[0]) + tag[1:])
        for (word, tag), end in zip(sentence, last, strict=True)
    ]


def scores_of(folder: Path, run: str) -> dict[tuple[str, str], dict[str, str]]:
    with open(folder / f"runs/{run}/scores.csv", encoding="utf-8", newline="") as file:
        return {(row["language"], row["test_set"]): row for row in csv.DictReader(file)}


def check_scores(folder: Path, run: str, languages: list[str], types: list[str]) -> float:
    """Compare a run's scores with seqeval's on the tags of its gold and predictions; return the mean regular F1."""
    scores, regular = scores_of(folder, run), []
    for language in languages:
        evaluation = folder / f"evaluation/{language}.parquet"
        for test_set in read_names(evaluation):
            gold = read_test_set(evaluation, test_set)
            manifest = read_manifest(folder / f"runs/{run}/predictions.json")[test_set]
            part = read_predictions(folder / f"runs/{run}/predictions/{test_set}.parquet", manifest)[language]
            assert gold.types == part.types == tuple(types)
            names = labels_of(types)
            texts = [[[names[tag] for tag in tags] for tags in each] for each in (gold.tags, part.tags)]
            row = scores[language, test_set]
            assert float(row["f1"]) == f1_score(*texts, zero_division=0)
            assert float(row["f1_strict"]) == f1_score(*texts, mode="strict", scheme=IOB2, zero_division=0)
            held = sorted({tag[2:] for each in texts for tags in each for tag in tags} - {""})
            _, _, f1, support = precision_recall_fscore_support(*texts, zero_division=0)
            assert [float(row[f"f1_{type}"]) for type in held] == f1.tolist()
            assert [int(row[f"support_{type}"]) for type in held] == support.tolist()
            regular += [float(row["f1"])] * (test_set == "regular")
    return float(np.mean(regular))


# A folder of text in BIOES, one language


DOCUMENT = (ROOT / "docs/your-study.md").read_text(encoding="utf-8")


def odd_checkout(folder: Path) -> Workflow:
    """Return a checkout in a folder with an odd name, and an environment of its own with the packages of this one."""
    workflow = copy_workflow(folder / odd_names.CHECKOUT)
    shutil.copy(ROOT / "Makefile", workflow.folder)
    environment = workflow.folder / ".venv"
    venv.create(environment, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = environment / "lib" / version / "site-packages" / "as-here.pth"
    packages.write_text(f"import site; site.addsitedir({sysconfig.get_paths()['purelib']!r})\n")
    for made in ("bin/pip", "installed"):  # by which make knows that it is whole
        (environment / made).touch()
    workflow.python = str(environment / "bin/python")
    workflow.environment = warm_python.start(workflow.python)
    return workflow


def printed(done: subprocess.CompletedProcess) -> str:
    """Return what a call has printed that has not failed."""
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def text_study(tmp_path_factory) -> Workflow:
    """The document's study with the tiny one's sizes: the data say which types there are, and test alone has a date.

    What the document shows is done in its order; `make demo` is what runs the study.
    """
    workflow, words = odd_checkout(tmp_path_factory.mktemp("text")), []
    for place, (split, number) in enumerate(SIZES.items()):
        sentences = made_up(number, ["MISC", "work-of-art", *(["DATE"] if split == "test" else [])], place)
        blocks = ["\n".join(f"{word} {tag}" for word, tag in bioes(sentence)) for sentence in sentences]
        path = workflow.folder / f"news/{'dev' if split == 'validation' else split}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text("-DOCSTART- O\n\n" + "\n\n".join(blocks) + "\n", encoding="utf-8")
        words += [[word for word, _ in sentence] for sentence in sentences]
    random_encoder(words, TINY["encoder"]["random"], 0, workflow.folder / odd_names.ENCODER)
    (workflow.folder / odd_names.REFERENCE).write_text("language,f1\nsw,0.8\n", encoding="utf-8")
    (study,) = re.findall(r"^```yaml\n(# (studies/\S+)\n.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    (workflow.folder / study[1]).write_text(study[0], encoding="utf-8")
    small = {key: TINY[key] for key in ("schedules", "seeds")} | LEARNING
    small |= {"encoder": {"source": "local", "folder": odd_names.ENCODER}, "reference": odd_names.REFERENCE}
    small |= {"pruning": {"sparsities": [50], "scopes": ["partial", "full"]}}
    whole = merged(yaml.safe_load(study[0]), small)
    for name, overlay in (("small.yaml", small), ("studies/demo.yaml", whole), (f"studies/{odd_names.OVERLAY}", whole)):
        (workflow.folder / name).write_text(yaml.safe_dump(overlay), encoding="utf-8")
    calls = [shlex.split(line, comments=True) for line in DOCUMENT.splitlines() if line.startswith("snakemake ")]
    assert len(calls) == 4 and "make report STUDY=studies/news.yaml" in DOCUMENT
    data, plan, study, export = ([*(word.replace("8", "2") for word in call[1:]), "small.yaml"] for call in calls)
    for call in (data, plan):
        printed(workflow.call(*call))
    assert "The study is complete, with 3 runs:" in printed(workflow.make("demo", "CORES=2"))
    assert "Nothing to be done" in printed(workflow.call(*study))
    printed(workflow.make("report", f"STUDY=studies/{odd_names.OVERLAY}", f"REPORT={odd_names.REPORT}"))
    printed(workflow.call(*export))
    return workflow


def test_everything_works_in_a_folder_with_an_odd_name(text_study):
    results = text_study.folder / "results/news"
    assert yaml.safe_load((results / "config.yaml").read_text(encoding="utf-8"))["reference"] == odd_names.REFERENCE
    assert "figure-1.png" in (text_study.folder / odd_names.REPORT).read_text(encoding="utf-8")
    overlay = f"studies/{odd_names.OVERLAY}"
    assert (results / "plan.json").exists()
    assert (results / "export/sw/partial-50/seed-1/model.safetensors").exists()
    text_study.run(overlay, "publish")
    assert (text_study.folder / "docs/news/results/claims.md").read_bytes() == (results / "claims.md").read_bytes()
    assert text_study.planned_each([overlay, "studies/demo.yaml"]) == [Counter()] * 2


def test_text_in_bioes_is_studied_by_its_own_types(text_study):
    results = text_study.folder / "results/news"
    types = ["DATE", "MISC", "work-of-art"]
    assert json.loads((results / "data/entity_types.json").read_text()) == types
    assert (results / "logs/language_data/sw.log").exists()  # read at once, as all splits say which types there are
    config = json.loads((results / "runs/sw/full-50/seed-1/config.json").read_text())
    assert list(config["id2label"].values()) == list(labels_of(types))
    assert check_scores(results, "sw/dense/seed-1", ["sw"], types) > 0.3
    check_scores(results, "sw/full-50/seed-1", ["sw"], types)


def test_the_mentions_are_those_of_the_file(text_study):
    """seqeval reads the BIOES of the file, and the IOB2 of what the study keeps of it."""
    blocks = (text_study.folder / "news/test.txt").read_text(encoding="utf-8").strip().split("\n\n")[1:]
    pairs = [[line.split(" ") for line in block.split("\n")] for block in blocks]
    corpus = read_corpus(text_study.folder / "results/news/data/sw/test.parquet")
    assert corpus.tokens == [[word for word, _ in pair] for pair in pairs]
    ours = [[labels_of(corpus.types)[tag] for tag in tags] for tags in corpus.tags]
    theirs = Entities([[tag for _, tag in pair] for pair in pairs], IOBES).entities
    assert [[str(entity) for entity in found] for found in Entities(ours, IOB2).entities] == [
        [str(entity) for entity in found] for found in theirs
    ]


def test_the_data_card_counts_the_conversion(text_study):
    text = (text_study.folder / "news/train.txt").read_text(encoding="utf-8")
    tagging = json.loads((text_study.folder / "results/news/data/sw/card.json").read_text())["splits"]["train"][
        "tagging"
    ]
    changed = text.count(" S-") + text.count(" E-")
    assert tagging == {"scheme": "BIOES", "changed_tags": changed, "renamed_mentions": {}} and changed > 20


def test_what_follows_from_other_data_is_there(text_study):
    results = text_study.folder / "results/news"
    assert "[DATE" in (results / "tables/table-10.md").read_text(encoding="utf-8")
    card = (results / "export/sw/partial-50/seed-1/README.md").read_text(encoding="utf-8")
    assert "Tags named entities (DATE, MISC, work-of-art, in IOB2) in sw." in card
    assert not (results / "tables/published.md").exists()  # it is not the paper's data
    assert (text_study.folder / odd_names.REPORT).stat().st_size > 100_000
    verdicts = (results / "claims.md").read_text(encoding="utf-8")
    assert "not tested" in verdicts and "| replicated" not in verdicts


# Languages from three sources, grouped by a column of the study's own: JSON lines in a folder, text in another one, and
# text that is made up. The vocabulary is given, because one of all training sentences would follow from each language's
# source.

CODES = ["sw", "be-x-old", "luo", "th", "ceb"]
TYPES = ["DATE", "LOC", "ORG", "PER"]
FIGURES = ["figure-3", "groups-region"]


@pytest.fixture(scope="module")
def mixed_study(tmp_path_factory) -> Workflow:
    workflow = copy_workflow(tmp_path_factory.mktemp("mixed"))

    def write(path: str, lines: Iterable[str], between: str = "\n") -> None:
        (workflow.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (workflow.folder / path).write_text(between.join(lines) + "\n", encoding="utf-8")

    for place, (split, size) in enumerate(SIZES.items()):
        for number, code in enumerate(("sw", "be-x-old")):
            sentences = made_up(size, ["PER", "DATE", "work-of-art"], 10 * number + place)
            rows = [{"words": [word for word, _ in each], "tags": [tag for _, tag in each]} for each in sentences]
            write(f"{odd_names.DATA}/{split}/{code}.jsonl", map(json.dumps, rows))
        sentences = made_up(size, ["PER"], 20 + place)
        texts = ["\n".join(f"{word}\t{tag}" for word, tag in bioes(each)) for each in sentences]
        write(f"luo/{split}.conll", texts, "\n\n")
    letters = [chr(code) for code in range(33, 127)]
    write("vocab.txt", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)])
    write("regions.tsv", ["code\tregion", "sw\tsouth", "luo\tsouth", "be-x-old\tnorth", "th\teast", "ceb\teast"])
    study = {
        **TINY,
        **LEARNING,
        "study": "mixed",
        "encoder": {"source": "random", "random": TINY["encoder"]["random"] | {"vocabulary": "vocab.txt"}},
        "data": {
            "source": "local",
            "folder": odd_names.DATA,
            "path": "{split}/{language}",
            "columns": {"tokens": "words", "tags": "tags"},
            "rename": {"work-of-art": "ORG"},
            "entity_types": TYPES,
            "by_language": {
                "luo": {"folder": "luo", "path": "{split}", "columns": {"tokens": 1, "tags": 2}},
                "th, ceb": {"source": "synthetic"},
            },
            "synthetic": {"seed": 0, "sizes": dict.fromkeys(("th", "ceb"), SIZES)},
        },
        "languages": CODES,
        "languages_table": "regions.tsv",
        "monolingual": ["luo", "be-x-old"],
        "multilingual": True,
        "fewer_runs": {"be-x-old": {"sparsities": [], "scopes": []}},
        "perturbations": ["in-language", "in-region"],
        "tables": {"examples": ["luo"], "sentences": 2},
        "export": ["multilingual/dense/seed-1"],
    }
    (workflow.folder / "mixed.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    figures = [f"results/mixed/figures/{name}.png" for name in FIGURES]
    workflow.run("mixed.yaml", "scores", "results/mixed/intervals.csv", *figures, "export")
    return workflow


def test_languages_of_several_sources_are_one_study(mixed_study):
    results = mixed_study.folder / "results/mixed"
    corpora = {code: read_corpus(results / f"data/{code}/test.parquet") for code in CODES}
    assert all(corpus.types == tuple(TYPES) for corpus in corpora.values())
    for code in ("sw", "be-x-old"):
        rows = (mixed_study.folder / odd_names.DATA / f"test/{code}.jsonl").read_text(encoding="utf-8").splitlines()
        assert corpora[code].tokens == [json.loads(row)["words"] for row in rows]
    assert corpora["th"].tokens == generate("th", SIZES, 0)["test"].tokens
    luo = json.loads((results / "data/luo/card.json").read_text(encoding="utf-8"))["splits"]["train"]["tagging"]
    assert luo["scheme"] == "BIOES"
    assert not (results / "data/entity_types.json").exists()  # the config has them
    assert check_scores(results, "multilingual/dense/seed-1", CODES, TYPES) > 0.3
    check_scores(results, "luo/full-50/seed-1", ["luo"], TYPES)
    card = (results / "export/multilingual/dense/seed-1/README.md").read_text(encoding="utf-8")
    assert f"{odd_names.DATA} and luo and synthetic text" in card


def test_a_study_is_perturbed_and_grouped_by_its_own_column(mixed_study):
    results = mixed_study.folder / "results/mixed"
    pools = {code: results / f"perturbed/in-region/{code}.json" for code in CODES}
    assert json.loads(pools["sw"].read_text())["pool_languages"] == ["luo"]
    assert json.loads(pools["luo"].read_text())["pool_languages"] == ["sw"]
    assert not pools["be-x-old"].exists()  # alone in its region
    groups = (results / "groups.csv").read_text(encoding="utf-8").splitlines()
    assert groups[0] == "language,name,family,script,sentences,size,region"
    assert groups[2] == "be-x-old,Belarusian (Tarashkevitsa),Slavic,Cyrillic,48,100,north"
    intervals = (results / "intervals.csv").read_text(encoding="utf-8")
    assert "region south" in intervals and "in-region" in intervals
    for figure in FIGURES:
        assert (results / f"figures/{figure}.png").stat().st_size > 10_000
    log = (results / "logs/figure/groups-region.log").read_text(encoding="utf-8")
    assert "south" in log and "north" in log


def test_a_type_that_the_config_lacks_ends_in_one_line(mixed_study):
    overlay = yaml.safe_load((mixed_study.folder / "mixed.yaml").read_text(encoding="utf-8"))
    overlay |= {"study": "wrong", "data": overlay["data"] | {"entity_types": ["LOC", "ORG", "PER"]}}
    (mixed_study.folder / "wrong.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    done = mixed_study.call("data", "--cores", "1", "--configfile", "wrong.yaml")
    assert done.returncode == 1
    line = r"/(train|dev|test|validation)/[a-z-]+\.jsonl: line \d+: "
    line += r"tag 'B-DATE' of a type that is not in `data: entity_types` \(LOC, ORG, PER\)"
    assert re.search(re.escape(odd_names.DATA) + line, done.stdout), done.stdout  # of whichever language comes first


def test_another_source_of_a_language_reruns_what_follows_from_that_language(mixed_study):
    overlay = yaml.safe_load((mixed_study.folder / "mixed.yaml").read_text(encoding="utf-8"))
    (mixed_study.folder / "again").symlink_to("luo")
    overlay["data"]["by_language"]["luo"]["folder"] = "again"
    (mixed_study.folder / "again.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    planned = mixed_study.planned("again.yaml", "scores")
    assert mixed_study.planned("mixed.yaml", "scores") == Counter()
    assert {job for job in planned if job.startswith(("split_data", "data_card", "encode ", "perturb"))} == {
        *("split_data luo train", "split_data luo validation", "split_data luo test"),
        *("data_card luo", "encode luo", "perturb in-language luo"),
        *("perturb in-region luo", "perturb in-region sw"),
    }
    assert {job for job in planned if job.startswith("finetune")} == {
        f"finetune {training_set} {variant} 1"
        for training_set in ("luo", "multilingual")
        for variant in ("dense", "full-50")
    }


def test_a_file_of_one_language_that_is_missing_ends_in_one_line(mixed_study):
    overlay = yaml.safe_load((mixed_study.folder / "mixed.yaml").read_text(encoding="utf-8"))
    overlay["data"]["by_language"]["luo"]["path"] = "{split}/luo"
    (mixed_study.folder / "missing.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    done = mixed_study.call("--dry-run", "--configfile", "missing.yaml")
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith("Error")] == [
        "Error: luo: no data of language 'luo'; looked for train/luo.conll, .jsonl, .parquet, …"
    ]
