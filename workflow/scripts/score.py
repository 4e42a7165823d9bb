"""Score the predictions of one run against the gold of every test set and language."""

from pathlib import Path

from compression.files import InputError
from compression.predictions import check_alignment, read_manifest, read_predictions
from compression.scoring import score, write_scores
from compression.wikiann import read_corpus
from logs import log_to


def main(manifest_path: str, predictions_folder: str, gold: dict[str, dict[str, str]], run: str, out_csv: str) -> None:
    """Write one row a (test set, language) in the order of `gold`, which holds paths by test set and language."""
    entries = read_manifest(manifest_path)
    predicted = {(test_set, language) for test_set, entry in entries.items() for language in entry["languages"]}
    expected = {(test_set, language) for test_set, paths in gold.items() for language in paths}
    for test_set, language in sorted(predicted ^ expected):
        missing = "gold" if (test_set, language) in predicted else "predictions"
        raise InputError(f"{manifest_path}: run {run}, language {language}, test set {test_set}: no {missing} for it")
    rows = []
    for test_set, paths in gold.items():
        predictions = read_predictions(Path(predictions_folder, f"{test_set}.parquet"), entries[test_set])
        for language, path in paths.items():
            corpus, part = read_corpus(path), predictions[language]
            check_alignment(part, corpus, run=run, language=language, test_set=test_set)
            lost = {"words_lost": sum(part.lost)}
            rows.append({"test_set": test_set, "language": language, **lost, **score(corpus.tags, part.tags)})
            print(f"{run} {test_set} {language}: F1 {rows[-1]['f1']:.4f}, {rows[-1]['mentions']} mentions")
    write_scores(out_csv, rows)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        gold: dict[str, dict[str, str]] = {}
        for test_set, language, path in zip(
            snakemake.params.test_sets, snakemake.params.languages, snakemake.input.gold, strict=True
        ):
            gold.setdefault(test_set, {})[language] = path
        main(snakemake.input.manifest, snakemake.input.folder, gold, snakemake.params.run, snakemake.output[0])
