"""Tokenise the training sentences of a language."""

from jobs.logs import log_to
from ner_pruning.data.encoded_sentences import write_encoded
from ner_pruning.data.tag_schemes import of_study
from ner_pruning.data.tokenization import encode, load_tokenizer
from ner_pruning.data.wikiann import read_corpus


def main(corpus_path: str, tokenizer_path: str, max_length: int, out: str, types_path: str | None = None) -> None:
    """Write the encoded sentences of a corpus; max_length: in pieces, special ones included.

    types_path: JSON of the study's entity types, None where each corpus has them already.
    """
    corpus = of_study(read_corpus(corpus_path), types_path, corpus_path)
    write_encoded(out, encode(corpus.tokens, corpus.tags, load_tokenizer(tokenizer_path, max_length), corpus.types))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files = snakemake.input
        max_length = snakemake.params.max_length
        main(files.corpus, files.tokenizer, max_length, snakemake.output[0], files.get("types"))
