"""The benchmarks, with a tiny random encoder and synthetic sentences: both sides do the same work, all lines parse."""

import dataclasses
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import cap_test_sets
import common
import coverage
import cuda_graphs
import diagnosis_power
import encode_test_sets
import late_steps
import memory
import multilingual_steps
import numpy as np
import optimizer
import ours
import precisions
import prediction
import pruning
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rehearsal
import slurm_width
import spreads
import storage
import torch
import trainer
import training
import uncertainty
import yaml
from ner_pruning.data.encoded_sentences import LOST, read_encoded
from ner_pruning.data.synthetic import generate
from ner_pruning.data.test_sets import read_encoded_evaluation, read_test_set, write_evaluation
from ner_pruning.data.wikiann import write_corpus
from ner_pruning.files import InputError, file_digest, sentence_digest, write_json
from ner_pruning.scoring.f1 import score
from ner_pruning.scoring.prediction import predict, predict_language, word_states
from ner_pruning.scoring.prediction_files import LanguagePredictions, write_predictions
from ner_pruning.study.languages import read_languages
from ner_pruning.training.checkpoint import save_run
from ner_pruning.training.encoder import random_encoder
from ner_pruning.training.model import load_encoder
from safetensors.torch import load_file, save_file

IN_CHILD = common.in_child
ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
ENCODER = {"vocabulary": 300, "hidden": 16, "layers": 2, "heads": 2, "feed_forward": 24, "positions": 64}
NUMBER = r"(\d+(?:\.\d+)?(?:e-\d+)?)"
RATIO = re.compile(rf"ratio (\S+/\S+) {NUMBER} \({NUMBER}-{NUMBER}\)")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The arguments that name an encoder without weights and the data of a language."""
    folder = tmp_path_factory.mktemp("benchmarks")
    corpora = {code: generate(code, {"train": 60, "validation": 1, "test": 40}, seed=0) for code in ("sw", "yo")}
    for code, parts in corpora.items():
        for split, corpus in parts.items():
            write_corpus(folder / code / f"{split}-00000-of-00001.parquet", corpus)
    random_encoder(
        [words for parts in corpora.values() for words in parts["train"].tokens], ENCODER, 0, folder / "encoder"
    )
    (folder / "encoder" / "model.safetensors").unlink()
    given = {"encoder": folder / "encoder", "data": folder, "language": "sw", "batch-size": 4, "max-length": 64}
    return [word for name, value in given.items() for word in (f"--{name}", str(value))]


@pytest.fixture(autouse=True)
def same_process(monkeypatch):
    """Children are slow to start; what they change of this process is put back."""
    threads = torch.get_num_threads()
    monkeypatch.setattr(common, "in_child", lambda function, *given: function(*given))
    for module in (prediction, pruning):
        monkeypatch.setattr(module, "in_child", common.in_child)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
    torch.set_flush_denormal(False)


def prepared(study, *others, steps, tests=()):
    parser = common.make_parser("", steps=1)
    return common.prepared_work(parser.parse_args([*study, *others]), steps, tests)


def ratios(output):
    """The comparisons of a benchmark's last lines, by name; all that follow the first one are comparisons."""
    lines = output.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("ratio "))
    matches = [RATIO.fullmatch(line) for line in lines[first:]]
    assert all(matches), lines[first:]
    for match in matches:
        median, low, high = map(float, match.groups()[1:])
        assert 0 < low <= median <= high, match[0]
    return [match[1] for match in matches]


def test_ratios_are_those_of_each_repetition():
    line = common.ratio_line("training/other", [1.0, 2.0, 4.0], [2.0, 6.0, 33.0])
    assert line == "ratio training/other 3 (2-8.25)"
    assert spreads.spread([0.012345, 12345.6, 1.5]) == "1.5 (0.0123-12346)"


@pytest.mark.parametrize("padding", ["longest", "max_length", "flattened"])
@pytest.mark.parametrize("variant", ["dense", "partial-50", "full-50"])
def test_both_sides_train_on_the_same_batches_to_the_same_losses(study, padding, variant):
    """Without dropout every loss is the same: same head, batches, learning rates, clipping and pruning."""
    with prepared(study, "--dropout", "0", "--precision", "fp32", steps=[6]) as work:
        work.finetuning["learning_rate"] = 0.01
        our_run = ours.train(work, 6, variant)
        their_run = trainer.train(work, 6, padding, variant)
        assert not list(work.folder.glob("tmp*")), "a stored model was left"
    assert our_run.losses == pytest.approx(their_run.losses, abs=2e-4)
    assert our_run.losses[-1] < our_run.losses[0] - 0.3, "nothing was learned"
    assert our_run.seconds.shape == their_run.seconds.shape == (6,)
    assert (our_run.seconds > 0).all() and (their_run.seconds > 0).all()


def test_cuda_graphs(study, capsys, monkeypatch):
    """Both sides compute where there is no GPU, which `main` refuses."""
    given = [*study, "--steps", "10", "--skip", "5", "--repetitions", "2", "--precision", "fp32"]
    monkeypatch.setattr(cuda_graphs, "LOG_EVERY", 5)
    asked, train, differs = [], ours.train, None

    def train_on_cpu(work, *arguments, **options):
        asked.append(options)
        work.finetuning["device"] = "cpu"
        trained = train(work, *arguments, log_every=options["log_every"])
        assert trained.seconds.shape == trained.losses.shape == (2,)
        return dataclasses.replace(trained, losses=trained.losses + 1e-6) if len(asked) == differs else trained

    monkeypatch.setattr(ours, "train", train_on_cpu)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="PyTorch finds no GPU"):
        cuda_graphs.main(given)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    cuda_graphs.main(given)
    assert asked == [{"cuda_graphs": True, "log_every": 5}, {"log_every": 5}] * 2
    assert ratios(capsys.readouterr().out) == ["cuda-graphs/without"]
    with pytest.raises(InputError, match="--skip: 10, --steps: 10; expected multiples of 5"):
        cuda_graphs.main([*given, "--skip", "10"])
    asked, differs = [], 3
    with pytest.raises(RuntimeError, match="the losses are not the same"):
        cuda_graphs.main(given)
    with prepared(study, steps=[4]) as work, pytest.raises(RuntimeError, match="only 0 of 4 steps were replayed"):
        work.finetuning["device"] = "cpu"
        train(work, 4, cuda_graphs=True)


def test_training(study, capsys, monkeypatch):
    monkeypatch.setattr(training, "MATMUL_SECONDS", 0.01)
    given = ["--steps", "3", "--padded-steps", "3", "--repetitions", "2", "--matrix", "64", "--precision", "bf16"]
    training.main([*study, *given])
    output = capsys.readouterr().out
    assert ratios(output) == [f"training/trainer-{name}" for name in ("default", "flattened", "64")]
    assert len(re.findall(r"ours, bf16: .* s a step, loss ", output)) == 2
    assert len(re.findall(r"trainer-\w+, fp32: .* s a step, loss ", output)) == 3
    assert len(re.findall(r"% of the peak", output)) == 5


def test_training_with_the_other_side_in_half_precision_too(study, capsys, monkeypatch):
    monkeypatch.setattr(training, "MATMUL_SECONDS", 0.01)
    given = ["--steps", "3", "--padded-steps", "0", "--repetitions", "1", "--matrix", "64", "--dropout", "0"]
    training.main([*study, *given, "--precision", "bf16", "--trainer-precision", "bf16"])
    output = capsys.readouterr().out
    assert ratios(output) == ["training/trainer-default", "training/trainer-flattened"]
    losses = re.findall(r"(ours|trainer-\w+), bf16: .* s a step, loss (\S+)", output)
    assert [side for side, _ in losses] == ["ours", "trainer-default", "trainer-flattened"]
    assert [float(loss) for _, loss in losses] == pytest.approx([float(losses[0][1])] * 3, abs=0.01)


def test_a_row_of_several_steps_has_their_mean(study):
    with prepared(study, "--dropout", "0", "--precision", "fp32", steps=[6]) as work:
        each, every_third = (ours.train(work, 6, log_every=number) for number in (1, 3))
    assert each.losses.reshape(2, 3).mean(axis=1) == pytest.approx(every_third.losses, abs=1e-6)
    assert every_third.seconds.shape == (2,) and (every_third.seconds < 10 * each.seconds.max()).all()


def test_padding_is_to_the_longest_sentence_of_a_batch_or_to_the_maximum_length(study):
    with prepared(study, steps=[1]) as work:
        rows = trainer.make_rows(sentences := read_encoded(work.train_path(1)), range(4))
        shapes = [trainer.make_collator(work, *padding)(rows)["labels"].shape for padding in ((), ("max_length",))]
    assert shapes == [(4, sentences.lengths.max()), (4, 64)]


def test_operations_of_a_step(study):
    """By hand: 2 layers of 4 · 16 · 16 + 2 · 16 · 24 weights, a head of 16 · 7, and attention 16 wide."""
    with prepared(study, steps=[2]) as work:
        operations = training.step_operations(work, 2)
        lengths = common.batches(work, 2)
        pieces = len(read_encoded(work.train_path(2)).pieces)
    assert [len(batch) for batch in lengths] == [4, 4]
    assert sum(batch.sum() for batch in lengths) == pieces
    weights = 2 * (4 * 16 * 16 + 2 * 16 * 24) + 16 * 7
    for count, batch in zip(operations, lengths, strict=True):
        assert count == 3 * sum(2 * weights * n + 2 * 4 * n * n * 16 for n in batch.tolist())


def test_prediction(study, capsys, monkeypatch):
    monkeypatch.setattr(prediction, "BATCH_SIZES", {"trainer-default": None, "trainer-5": 5})
    prediction.main([*study, "--steps", "10", "--repetitions", "1", "--test-languages", "sw", "sw"])
    output = capsys.readouterr().out
    names = [f"prediction-{precision}/{name}" for precision in ("fp32", "bf16") for name in prediction.BATCH_SIZES]
    assert ratios(output) == names
    assert output.count("80 test sentences") == 1
    equal = dict(re.findall(r"  (\S+): .* F1 \d\.\d{4}, (\S+)% of the labels", output))
    assert list(equal) == ["ours-fp32", "ours-bf16", *prediction.BATCH_SIZES]
    assert equal["ours-fp32"] == equal["trainer-5"] == "100.000"
    assert 95 < float(equal["ours-bf16"]) <= 100


@pytest.mark.parametrize("batch_size", [None, 7])
def test_both_sides_predict_the_same_tags(study, batch_size):
    """With words past the length limit, which no side can predict, and a model that tells words apart."""
    with prepared(study, "--max-length", "9", steps=[1], tests=["sw"]) as work:
        weights = load_file(work.encoder / "model.safetensors")
        spread = {name: weight * 6 if weight.ndim == 2 else weight for name, weight in weights.items()}
        save_file(spread, work.encoder / "model.safetensors", {"format": "pt"})
        prediction.train_model(work, 1)
        our_tags = prediction.predict_ours(work, "fp32").tags
        their_tags = prediction.predict_theirs(work, batch_size).tags
        lost = read_encoded(work.test_path).first_pieces == LOST
    assert lost.any()
    assert len(set(our_tags[~lost].tolist())) > 2, "a model that tells words apart too little"
    assert our_tags.tolist() == their_tags.tolist()


def test_pruning(study, capsys):
    pruning.main([*study, "--steps", "3", "--repetitions", "1", "--sparsity", "70"])
    output = capsys.readouterr().out
    assert ratios(output) == [
        "pruning-layer/l1_unstructured",
        "pruning-global/global_unstructured",
        "pruning-partial-70/dense",
        "pruning-full-70/dense",
    ]
    assert re.findall(r"full-70, threshold (\w+): [1-9]\d+ zeros of both sides", output) == ["layer", "global"]


def test_optimizer(study, capsys, monkeypatch):
    compiled = []
    monkeypatch.setattr(torch, "compile", lambda step: compiled.append(step) or step)  # which needs a compiler
    encoder = study[study.index("--encoder") + 1]
    optimizer.main([encoder, "--steps", "2", "--repetitions", "1"])
    output = capsys.readouterr().out
    assert len(compiled) == 1 and ratios(output) == ["optimizer/compiled", "optimizer/foreach"]
    apart = [float(number) for number in re.findall(r"weights at most (\S+) apart", output)]
    assert len(apart) == 3 and max(apart) < 1e-6
    with pytest.raises(InputError, match="--steps, --repetitions: expected 1 or more"):
        optimizer.main([encoder, "--steps", "0"])


def test_only_weights_that_tie_may_be_zero_on_one_side():
    weights = torch.tensor([1.0, -2.0, 2.0, 2.0, -3.0])
    ours_first = torch.tensor([True, True, False, False, False])
    assert pruning.count_tied(weights, ours_first, ours_first) == 0
    assert pruning.count_tied(weights, ours_first, torch.tensor([True, False, True, False, False])) == 1
    with pytest.raises(RuntimeError, match="different magnitudes"):
        pruning.count_tied(weights, ours_first, torch.tensor([False, True, True, False, False]))
    with pytest.raises(RuntimeError, match="different magnitudes"):
        pruning.count_tied(weights, ours_first, torch.tensor([True, False, False, False, True]))
    with pytest.raises(RuntimeError, match="2 zeros of ours, 3 of theirs"):
        pruning.count_tied(weights, ours_first, torch.tensor([True, True, True, False, False]))


def test_memory(study, capsys):
    memory.main([*study, "--steps", "2", "--repetitions", "1"])
    output = capsys.readouterr().out
    assert ratios(output) == [f"memory-{variant}/trainer" for variant in ("dense", "partial-50", "full-50")]
    assert len(re.findall(r"GB, loss \d", output)) == 6


def test_late_steps(study, capsys):
    given = ["--steps", "12", "--early", "1", "4", "--late", "8", "--hidden", "8", "--layers", "1"]
    late_steps.main([*study, *given, "--repetitions", "2"])
    output = capsys.readouterr().out
    others = ("all-rows", "with-denormals", "trainer")
    assert ratios(output) == ["early-steps/trainer", *(f"late-steps/{other}" for other in others)]
    assert re.search(r"the word embedding has \d+ rows of 8 weights, of which ours trains \d+", output)
    assert len(re.findall(r"(ours|all-rows|with-denormals|trainer), \w+: early \S+ .* late/early ", output)) == 4
    with pytest.raises(InputError, match="--late: 12, expected less than the 12 steps"):
        late_steps.main([*study, *given, "--late", "12"])


def test_multilingual_steps(study, capsys):
    given = ["--steps", "12", "--late", "8", "--layers", "1", "--languages", "sw,yo", "--repetitions", "2"]
    multilingual_steps.main([*study, *given])
    output = capsys.readouterr().out
    assert ratios(output) == ["late-steps-per-piece/multilingual"]
    rows = dict(re.findall(r"  (\w+): .* ms a piece, \d+ pieces a step; (\d+) rows", output))
    assert 0 < int(rows["monolingual"]) < int(rows["multilingual"])
    with pytest.raises(InputError, match="--late: 12, expected less than the 12 steps"):
        multilingual_steps.main([*study, *given, "--late", "12"])


def test_storage(study, capsys):
    storage.main([*study, "--steps", "2", "--repetitions", "2"])
    output = capsys.readouterr().out
    variants = ("dense", "partial-90", "full-90")
    names = [f"storage-{measure}-{variant}" for variant in variants for measure in ("size", "save", "load")]
    assert ratios(output) == [f"{name}/transformers" for name in names]
    sizes = [tuple(map(float, match)) for match in re.findall(rf"size: ours {NUMBER} .*transformers {NUMBER} ", output)]
    assert sizes[0][0] > sizes[1][0] > sizes[2][0], "pruned models are not smaller"
    assert sizes[0][1] == sizes[1][1] == sizes[2][1], "transformers stores zeros as any other value"


@pytest.mark.parametrize("module", [cuda_graphs, late_steps, multilingual_steps, training, pruning, memory, storage])
def test_wikiann_has_the_sentences_that_a_benchmark_takes_by_default(module, monkeypatch):
    asked = []

    def stop(arguments, steps, *_):
        asked.extend((language, max(steps) * arguments.batch_size) for language in arguments.language.split(","))
        raise InputError("stop")

    monkeypatch.setattr(module, "prepared_work", stop)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(InputError, match="stop"):
        module.main([])
    sizes = read_languages(ROOT / "resources" / "languages.tsv")
    assert asked and all(needed <= sizes[language].train_size for language, needed in asked)


def test_too_much_asked_for_is_an_input_error(study):
    with pytest.raises(InputError, match="sw: 60 training sentences, 16 steps need 64"), prepared(study, steps=[16]):
        pass
    with pytest.raises(InputError, match="--steps: 2000, expected at most 1999"), prepared(study, steps=[2000]):
        pass


def test_a_child_is_another_process_and_hands_its_errors_on():
    assert IN_CHILD(os.getpid) != os.getpid()
    with pytest.raises(ZeroDivisionError):
        IN_CHILD(divmod, 1, 0)


def test_a_script_ends_with_one_line_when_no_data_are_named(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "WIKIANN_DIR"}
    command = [sys.executable, BENCHMARKS / "memory.py", "--encoder", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: --data: no folder given, and WIKIANN_DIR is not set\n"


def test_uncertainty(tmp_path, capsys):
    overlay = {"languages": ["yo", "sw"], "monolingual": ["yo"], "seeds": [1, 2], "pruning": {"sparsities": [50]}}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(overlay))
    uncertainty.main(["--study", str(tmp_path / "study.yaml"), "--sentences", "300", "--repetitions", "1"])
    out = capsys.readouterr().out
    # 3 variants, 2 seeds: yo alone on regular, in-language, in-script, in-family; yo and sw on the same four
    assert "12 runs, 72 triples of run, language and test set, 36 cells" in out
    low, high = (
        [float(line.split(": ")[1].split(" to ")[end]) for line in out.splitlines() if line.startswith("difference")]
        for end in (0, 1)
    )
    assert low[0] == pytest.approx(low[1], abs=0.02) and high[0] == pytest.approx(high[1], abs=0.02)
    assert low[0] < high[0]
    assert RATIO.search(out)[1] == "interval/scipy"


def test_coverage_prints_a_row_a_statistic(capsys):
    coverage.main(["--studies", "3", "--resamples", "100", "--seeds", "2", "--sentences", "50"])
    rows = [line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines() if line.startswith("| 50 | 2 |")]
    assert [row[2].strip() for row in rows] == ["F1", "mean F1", "difference", "mean difference"]
    assert all(float(share) in (0, 33.3, 66.7, 100) for row in rows for share in row[3:6])
    assert all(float(row[6]) > 1 for row in rows)  # wider with the noise of seeds


@pytest.fixture
def results(tmp_path):
    """The results of a study of one language with 30 test sentences, an untrained encoder and one sound run."""
    corpora = generate("sw", {"train": 40, "validation": 1, "test": 30}, seed=0)
    test = corpora["test"]
    random_encoder(corpora["train"].tokens, ENCODER, 0, tmp_path / "encoder")
    for folder in ("evaluation", "encoded/evaluation"):
        (tmp_path / folder).mkdir(parents=True)
    evaluation = tmp_path / "evaluation" / "sw.parquet"
    write_evaluation(evaluation, {"validation": corpora["validation"], "regular": test, "in-language": test})
    tokenizer = str(tmp_path / "encoder" / "tokenizer.json")
    encode_test_sets.main(str(evaluation), tokenizer, 64, str(tmp_path / "encoded" / "evaluation" / "sw.parquet"))
    run = tmp_path / "runs" / "sw" / "dense" / "seed-1"
    part = LanguagePredictions("sw", list(map(sentence_digest, test.tokens)), test.tags, [0] * len(test.tags))
    (run / "predictions").mkdir(parents=True)
    write_predictions(run / "predictions" / "in-language.parquet", [part])
    return tmp_path


def test_diagnosis_power(results, tmp_path, capsys):
    options = ["--sentences", "30", "500", "--trials", "5", "--csv", str(tmp_path / "trials.csv")]
    diagnosis_power.main([str(results), *options])
    rows = {
        cells[1]: cells[2:-1]
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("| ") and (cells := [cell.strip() for cell in line.split("|")])
    }
    assert rows["predictions"][-2:] == ["no information", "wrong on mentions"]
    assert rows["sound run of the study"] == ["30", "1", "0%", *["0.0%"] * 4, "100.0%"]
    assert rows["shuffled gold tags"][:3] == ["30", "5", "100%"]
    assert rows["made up: one type for all"][1] == "3"
    assert {"untrained head, pretrained encoder", "sound run, label ids permuted"} < set(rows)
    assert "500" not in {row[0] for row in rows.values()}  # the test set has 30 sentences
    trials = sum(int(row[1]) for name, row in rows.items() if name != "predictions")
    assert len((tmp_path / "trials.csv").read_text().splitlines()) == 1 + trials


def test_hidden_states_are_those_that_the_head_gets(results):
    """With the head's weights they give the tags that the model predicts, for the words that it predicts."""
    model = load_encoder(results / "encoder", dropout=0.0, seed=3).eval()
    sentences, sizes = read_encoded_evaluation(results / "encoded" / "evaluation" / "sw.parquet")
    chosen = np.arange(sizes["validation"] + sizes["regular"], len(sentences))
    states = torch.from_numpy(word_states(model, sentences, chosen))
    with torch.no_grad():
        tags = model.classifier(states).argmax(-1).numpy()
    expected = np.concatenate(predict(model, sentences, "fp32")[chosen[0] :])
    assert (tags == expected).all() and len(set(tags)) > 1


def test_hidden_states_of_a_stored_run_are_its_own(results):
    model = load_encoder(results / "encoder", dropout=0.0, seed=3)
    with torch.no_grad():
        next(model.base_model.parameters()).add_(1.0)
    run = results / "runs" / "sw" / "dense" / "seed-1"
    digest = file_digest(results / "encoder" / "model.safetensors")
    save_run(model, None, digest, run / "weights.safetensors.zst", run / "config.json")
    trained = diagnosis_power.trained_states(results, run, "sw", 30)
    assert trained.shape == diagnosis_power.pretrained_states(results, "sw", 30).shape
    assert not np.allclose(trained, diagnosis_power.pretrained_states(results, "sw", 30))


def test_precisions(results, capsys):
    """A model whose tags in int8 are those in fp32, and in bf16 the gold ones: F1 1 less its own."""
    with pytest.raises(InputError, match="has no trained models"):
        precisions.main([str(results)])
    model = load_encoder(results / "encoder", dropout=0.0, seed=3).eval()
    with torch.no_grad():
        model.classifier.weight.mul_(30)
    run = results / "runs" / "sw" / "dense" / "seed-1"
    digest = file_digest(results / "encoder" / "model.safetensors")
    save_run(model, None, digest, run / "weights.safetensors.zst", run / "config.json")
    write_json(run / "run.json", {"precision": "bf16"})
    encoded = results / "encoded" / "evaluation" / "sw.parquet"
    sentences, sizes = read_encoded_evaluation(encoded)
    parts = predict_language(model, "sw", sentences, sizes, "fp32")
    gold = read_test_set(results / "evaluation" / "sw.parquet", "regular")
    as_gold = dataclasses.replace(parts["regular"], tags=gold.tags)
    for name in ("regular", "in-language"):
        write_predictions(run / "predictions" / f"{name}.parquet", [as_gold])
        of_int8 = results / "runs" / "sw" / "dense-int8" / "seed-1" / "predictions"
        of_int8.mkdir(parents=True, exist_ok=True)
        write_predictions(of_int8 / f"{name}.parquet", [parts[name]])
    own = score(gold.tags, parts["regular"].tags)["f1"]
    assert own < 1
    precisions.main([str(results)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert lines[1] == "dense, regular, int8 - fp32: 0 (0-0) F1, mean +0.0000 over 1 models, 100.00% same tags"
    assert f"mean {1 - own:+.4f} over 1 models" in lines[0] and "100.00%" not in lines[0]
    assert lines[-1].startswith("all, int8 - fp32: mean +0.0000") and "100.00% same tags" in lines[-1]


# rehearsal.py

SLEEPER = """
import sys, time
size = int(sys.argv[1])
held = b"x" * size
while time.process_time() < 1:  # since the start of Python, which takes longer on a slow machine
    pass
time.sleep(0.5)
"""


def test_the_rehearsal_measures_each_job_and_the_call_itself(tmp_path, monkeypatch):
    """As Snakemake starts them: scripts whose names end in that of the rule, here through a shell."""
    scripts = tmp_path / ".snakemake/scripts"
    scripts.mkdir(parents=True)
    for name in ("tmp1.predict.py", "tmp2.score.py"):
        (scripts / name).write_text(SLEEPER)
    (tmp_path / "other.py").write_text(SLEEPER)
    big, small = 200_000_000, 1_000_000
    shell = (
        f"{sys.executable} .snakemake/scripts/tmp1.predict.py {big} & {sys.executable} other.py {small} & "
        f"{sys.executable} .snakemake/scripts/tmp2.score.py {small}; wait; exit 3"
    )
    monkeypatch.chdir(tmp_path)
    assert rehearsal.measure(tmp_path / "usage.csv", ["sh", "-c", shell]) == 3
    assert rehearsal.measure(tmp_path / "usage.csv", ["sh", "-c", "sleep 0.5; true"]) == 0  # added to the file
    jobs = {}
    for job in rehearsal.read_jobs(tmp_path / "usage.csv"):
        jobs.setdefault(job.rule, []).append(job)
    assert {rule: len(found) for rule, found in jobs.items()} == {"predict": 1, "score": 1, "snakemake": 2}
    (predicted,), (scored,) = jobs["predict"], jobs["score"]
    assert 0.8 < predicted.cpu_seconds < 1.2 and predicted.seconds > 0.8
    assert predicted.peak_bytes > big > scored.peak_bytes > small
    assert abs(predicted.began - time.time()) < 60


def test_the_table_of_a_rehearsal():
    gigabyte = 10**9
    jobs = [
        rehearsal.Job("score", 0.0, seconds=36.0, cpu_seconds=18.0, peak_bytes=gigabyte),
        rehearsal.Job("score", 9.0, seconds=72.0, cpu_seconds=18.0, peak_bytes=gigabyte // 4),
        rehearsal.Job("snakemake", 0.0, seconds=3600.0, cpu_seconds=360.0, peak_bytes=2 * gigabyte),
    ]
    assert rehearsal.table(jobs)[2:] == [
        "| snakemake | 1 | 1.00 | 0.10 | 360.0 | 3600 | 2.00 |",
        "| score | 2 | 0.03 | 0.01 | 18.0 | 72 | 1.00 |",
    ]
    assert rehearsal.longest(jobs, 1)[2:] == ["| score | 72 | 18 | 0.25 |"]


def test_the_disk_space_of_a_rehearsal(tmp_path):
    for name, size in (("runs/yo/a", 2_000_000), ("runs/yo/b", 500_000), ("data/c", 100_000), ("plan.json", 5)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    assert rehearsal.disk(tmp_path)[2:] == ["| runs | 2 | 2.5 |", "| data | 1 | 0.1 |"]


def test_test_sets_are_capped_and_training_sets_are_not(tmp_path):
    for split in ("train", "validation", "test"):
        path = tmp_path / "data/sw" / f"{split}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"tokens": [[f"{split}{number}"] for number in range(5)]}), path)
    cap_test_sets.main([str(tmp_path / "data"), str(tmp_path / "capped"), "--sentences", "2"])
    kept = {path.name.split("-")[0]: pq.read_table(path) for path in (tmp_path / "capped/sw").iterdir()}
    assert {split: part.num_rows for split, part in kept.items()} == {"train": 5, "validation": 2, "test": 2}
    assert kept["test"]["tokens"].to_pylist() == [["test0"], ["test1"]]


def test_the_table_of_a_missing_file_ends_in_one_line(tmp_path):
    with pytest.raises(SystemExit, match=r"usage.csv: no such file; expected one that a call with `--` has written$"):
        rehearsal.main([str(tmp_path / "usage.csv")])


def test_the_page_of_the_rehearsal_shows_its_file():
    docs = BENCHMARKS.parent / "docs"
    page, jobs = (docs / "rehearsal.md").read_text(encoding="utf-8"), rehearsal.read_jobs(docs / "rehearsal/usage.csv")
    assert "\n".join(rehearsal.table(jobs)) in page
    assert "\n".join(rehearsal.longest(jobs)) in page
    assert sum(job.rule == "finetune" for job in jobs) >= 429


# slurm_width.py


def test_slurm_width_needs_a_call_of_snakemake():
    done = subprocess.run([sys.executable, BENCHMARKS / "slurm_width.py"], capture_output=True, encoding="utf-8")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "slurm_width.py: error: expected -- and Snakemake's arguments"


def test_slurm_width_prints_a_row_after_each_tenth_of_the_time(monkeypatch, capsys):
    closed = []

    def progress(call):
        try:
            for minutes in (0.5, 1.0, 1.5, 3.2, 9.9, 10.0, 10.5):
                head = slurm_width.Job("snakemake", 0, 0, 7 * minutes, 300_000_000) if minutes > 1 else None
                yield slurm_width.Progress(minutes, int(minutes * 4), 0, 200_000_000, head)
        finally:
            closed.append(call)

    monkeypatch.setattr(slurm_width, "progress", progress)
    slurm_width.rows_over_time(["scores"], minutes=10)
    assert capsys.readouterr().out.splitlines() == [
        "| 4 | 0 | 1.0 | - | - | 0.20 |",
        "| 12 | 0 | 3.2 | 22 | 0.30 | 0.20 |",  # one row, though two tenths have passed
        "| 39 | 0 | 9.9 | 69 | 0.30 | 0.20 |",
        "| 40 | 0 | 10.0 | 70 | 0.30 | 0.20 |",
    ]
    assert closed == [["scores"]]
    slurm_width.rows_over_time(["scores"], minutes=100)  # the call ends before
    assert capsys.readouterr().out.splitlines()[-1] == "| 42 | 0 | 10.5 | 74 | 0.30 | 0.20 |"
