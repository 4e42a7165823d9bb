"""The names of the files of an encoder, which the rules and the code that writes them share."""

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")

ENCODER_FILES = ("config.json", "model.safetensors", *TOKENIZER_FILES)
"""What an encoder folder holds."""
