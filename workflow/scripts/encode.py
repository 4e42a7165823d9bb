"""Tokenise the training sentences of a language."""

from jobs.logs import log_to
from ner_pruning.data.encoded_sentences import write_encoded
from ner_pruning.data.tokenization import encode, load_tokenizer
from ner_pruning.data.wikiann import read_corpus


def main(corpus_path: str, tokenizer_path: str, max_length: int, out: str) -> None:
    """Write the encoded sentences of a corpus; max_length: in pieces, special ones included."""
    corpus = read_corpus(corpus_path)
    write_encoded(out, encode(corpus.tokens, corpus.tags, load_tokenizer(tokenizer_path, max_length)))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.corpus, snakemake.input.tokenizer, snakemake.params.max_length, snakemake.output[0])
