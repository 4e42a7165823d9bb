"""Write the data card of one language."""

from jobs.logs import log_to
from ner_pruning.data.data_cards import card
from ner_pruning.data.tokenization import load_tokenizer
from ner_pruning.data.wikiann import read_corpus, read_tagging
from ner_pruning.files import write_json


def main(
    language: str, train_path: str, validation_path: str, test_path: str, tokenizer_path: str, max_length: int, out: str
) -> None:
    """Write the card of three splits; tokenizer_path: the encoder's tokenizer.json; max_length: in pieces."""
    tokenizer = load_tokenizer(tokenizer_path, max_length)
    paths = (train_path, validation_path, test_path)
    corpora, tagging = [read_corpus(path) for path in paths], [read_tagging(path) for path in paths]
    write_json(out, card(language, *corpora, tokenizer, max_length, tagging))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        main(
            params.language,
            files.train,
            files.validation,
            files.test,
            files.tokenizer,
            params.max_length,
            snakemake.output[0],
        )
