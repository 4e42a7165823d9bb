"""Write the data card of one language."""

from compression.cards import card
from compression.files import InputError, write_json
from compression.wikiann import read_corpus
from logs import log_to
from tokenizers import Tokenizer


def main(
    language: str, train_path: str, validation_path: str, test_path: str, tokenizer_path: str, max_length: int, out: str
) -> None:
    """Write the card of three splits; tokenizer_path: the encoder's tokenizer.json; max_length: in pieces."""
    try:
        tokenizer = Tokenizer.from_file(str(tokenizer_path))
    except Exception as error:  # the library raises nothing narrower
        raise InputError(f"{tokenizer_path}: not a tokenizer.json of the tokenizers library ({error})") from error
    corpora = [read_corpus(path) for path in (train_path, validation_path, test_path)]
    write_json(out, card(language, *corpora, tokenizer, max_length))


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
