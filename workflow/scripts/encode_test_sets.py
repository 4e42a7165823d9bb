"""Tokenise all that a language is evaluated on."""

from jobs.logs import log_to
from ner_pruning.data.test_sets import read_names, read_test_set, write_encoded_evaluation
from ner_pruning.data.tokenization import encode, load_tokenizer


def main(evaluation_path: str, tokenizer_path: str, max_length: int, out: str) -> None:
    """Write the encoded sentences of each test set of an evaluation file, in its order."""
    tokenizer = load_tokenizer(tokenizer_path, max_length)
    parts = {}
    for name in read_names(evaluation_path):
        corpus = read_test_set(evaluation_path, name)
        parts[name] = encode(corpus.tokens, corpus.tags, tokenizer, corpus.types)
    write_encoded_evaluation(out, parts)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files = snakemake.input
        main(files.evaluation, files.tokenizer, snakemake.params.max_length, snakemake.output[0])
