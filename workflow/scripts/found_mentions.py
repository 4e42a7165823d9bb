"""Write which gold mentions of every test set one run finds."""

from collections.abc import Mapping
from pathlib import Path

from jobs.logs import log_to
from ner_pruning.data.test_sets import read_names, read_test_set
from ner_pruning.files import InputError
from ner_pruning.scoring.found_mentions import found_mentions, write_found
from ner_pruning.scoring.prediction_files import check_alignment, read_manifest, read_predictions
from ner_pruning.terms import VALIDATION


def main(manifest_path: str, predictions_folder: str, gold: Mapping[str, str], run: str, out: str) -> None:
    """Write what the run finds by test set and language, validation left out; gold: evaluation files by language."""
    entries, found = read_manifest(manifest_path), {}
    names = {language: [name for name in read_names(path) if name != VALIDATION] for language, path in gold.items()}
    for test_set in dict.fromkeys(name for of_language in names.values() for name in of_language):
        if test_set not in entries:
            raise InputError(f"{manifest_path}: run {run}, test set {test_set}: no predictions for it")
        predictions = read_predictions(Path(predictions_folder, f"{test_set}.parquet"), entries[test_set])
        for language in [language for language, of_language in names.items() if test_set in of_language]:
            if language not in predictions:
                raise InputError(
                    f"{manifest_path}: run {run}, language {language}, test set {test_set}: no predictions for it"
                )
            corpus, part = read_test_set(gold[language], test_set), predictions[language]
            check_alignment(part, corpus, run=run, language=language, test_set=test_set)
            found[test_set, language] = found_mentions(corpus.tags, part.tags)
    write_found(out, found)
    print(f"{run}: {sum(map(sum, found.values()))} of {sum(map(len, found.values()))} mentions found")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        gold = dict(zip(params.languages, files.gold, strict=True))
        main(files.manifest, files.folder, gold, params.run, snakemake.output[0])
