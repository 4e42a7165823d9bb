"""Score the predictions of one run against the gold of every test set and language."""

from pathlib import Path

from jobs.logs import log_to
from ner_pruning.data.test_sets import read_names, read_test_set
from ner_pruning.files import InputError
from ner_pruning.scoring.confidence import confidence_counts, write_confidence
from ner_pruning.scoring.f1 import score, sentence_counts, write_counts, write_scores
from ner_pruning.scoring.found_mentions import found_mentions, write_found
from ner_pruning.scoring.prediction_files import check_alignment, read_manifest, read_predictions
from ner_pruning.terms import VALIDATION


def main(
    manifest_path: str,
    predictions_folder: str,
    gold: dict[str, str],
    run: str,
    *,
    out_csv: str,
    out_counts: str,
    out_confidence: str,
    out_found: str,
) -> None:
    """Write one row a (test set, language), the counts of each sentence, and which gold mentions are found.

    And counts of confidences, where the predictions have any. gold: evaluation files by language.
    """
    entries = read_manifest(manifest_path)
    predicted = {(test_set, language) for test_set, entry in entries.items() for language in entry["languages"]}
    expected = [(test_set, language) for language, path in gold.items() for test_set in read_names(path)]
    for test_set, language in sorted(predicted.symmetric_difference(expected)):
        missing = "gold" if (test_set, language) in predicted else "predictions"
        raise InputError(f"{manifest_path}: run {run}, language {language}, test set {test_set}: no {missing} for it")
    rows, counts, confidence, found, types = [], {}, {}, {}, None
    for test_set in dict.fromkeys(test_set for test_set, _ in expected):  # one test set at a time: it bounds memory
        predictions = read_predictions(Path(predictions_folder, f"{test_set}.parquet"), entries[test_set])
        for language in [language for other, language in expected if other == test_set]:
            corpus, part = read_test_set(gold[language], test_set), predictions[language]
            check_alignment(part, corpus, run=run, language=language, test_set=test_set)
            lost, types = {"words_lost": sum(part.lost)}, corpus.types
            rows.append({"test_set": test_set, "language": language, **lost, **score(corpus.tags, part.tags, types)})
            if test_set != VALIDATION:
                counts[test_set, language] = sentence_counts(corpus.tags, part.tags)
                found[test_set, language] = found_mentions(corpus.tags, part.tags)
                if part.confidence is not None:
                    confidence[test_set, language] = confidence_counts(corpus.tags, part.tags, part.confidence)
            f1 = (
                f"F1 {rows[-1]['f1']:.4f}, {rows[-1]['mentions']} mentions"
                if rows[-1]["mentions"]
                else "no mention, no F1"
            )
            print(f"{run} {test_set} {language}: {f1}")
    write_counts(out_counts, counts)
    write_confidence(out_confidence, confidence)
    write_found(out_found, found)
    write_scores(out_csv, rows, types)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        gold = dict(zip(params.languages, files.gold, strict=True))
        main(
            files.manifest,
            files.folder,
            gold,
            params.run,
            out_csv=snakemake.output.scores,
            out_counts=snakemake.output.counts,
            out_confidence=snakemake.output.confidence,
            out_found=snakemake.output.found,
        )
