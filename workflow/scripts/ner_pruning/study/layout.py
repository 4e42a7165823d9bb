"""The names of the files of an encoder and of a run, which the rules and the code that writes them share."""

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")

ENCODER_FILES = ("config.json", "model.safetensors", *TOKENIZER_FILES)
"""What an encoder folder holds."""

RUN_FILES = {
    "weights": "weights.safetensors.zst",
    "config": "config.json",
    "curve": "training.csv",
    "sparsity": "sparsity.csv",
    "record": "run.json",
}
"""What fine-tuning writes to the folder of a run, by the names of rule `finetune`'s outputs."""
