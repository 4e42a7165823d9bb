"""The names of files that stored studies have: another name would be another file to all who read one."""

from ner_pruning.study.layout import ENCODER_FILES, RUN_FILES


def test_files_of_an_encoder():
    assert ENCODER_FILES == ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


def test_files_of_a_run():
    assert RUN_FILES == {
        "weights": "weights.safetensors.zst",
        "config": "config.json",
        "curve": "training.csv",
        "sparsity": "sparsity.csv",
        "record": "run.json",
    }
