"""Diagnose every perturbed F1 near its chance floor: misaligned, relabelled, all O, uninformed or wrong?"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
from jobs.logs import log_to
from ner_pruning.data.overlap import known_mentions
from ner_pruning.data.test_sets import read_test_set
from ner_pruning.data.wikiann import read_corpus
from ner_pruning.files import write_text
from ner_pruning.frames import write_frame
from ner_pruning.report.diagnosis_tables import diagnosis_tables
from ner_pruning.scoring.diagnosis import DIAGNOSIS_COLUMNS, diagnose, is_near_floor, perturbed_scores
from ner_pruning.scoring.prediction_files import check_alignment, read_manifest, read_predictions
from ner_pruning.scoring.score_table import read_all_scores
from ner_pruning.table import html_page, markdown_page
from ner_pruning.terms import MULTILINGUAL, REGULAR, Provenance, Run


def main(
    scores: str,
    predictions: Mapping[Run, tuple[str, str]],
    gold: Mapping[str, str],
    train: Mapping[str, str],
    floor_factor: float,
    provenance: Provenance,
    out_csv: str,
    out_md: str,
    out_html: str,
) -> None:
    """Write one row per score near its floor; predictions: manifest and folder by (training set, variant, seed); gold,
    train: evaluation files and training corpora by language."""
    perturbed = perturbed_scores(read_all_scores(scores))
    near = perturbed[is_near_floor(perturbed, floor_factor)]
    rows = [row for _, part in near.groupby("training_set") for row in diagnoses(part, predictions, gold, train)]
    table = pd.DataFrame(rows, columns=DIAGNOSIS_COLUMNS)
    write_frame(out_csv, table)
    tables = diagnosis_tables(table, perturbed, floor_factor, provenance)
    write_text(out_md, markdown_page(tables))
    write_text(out_html, html_page(tables))
    print(markdown_page(tables))


def diagnoses(
    scores: pd.DataFrame,
    predictions: Mapping[Run, tuple[str, str]],
    gold: Mapping[str, str],
    train: Mapping[str, str],
) -> Iterator[dict[str, object]]:
    """Yield the row of each score of one training set; each file of predictions is read once."""
    training_set = scores["training_set"].iloc[0]
    languages = train if training_set == MULTILINGUAL else [training_set]
    training_mentions = known_mentions(read_corpus(train[language]) for language in languages)
    for (variant, seed, test_set), part in scores.groupby(["variant", "seed", "test_set"]):
        run = Run(training_set, variant, seed)
        manifest, folder = predictions[run]
        by_language = read_predictions(Path(folder, f"{test_set}.parquet"), read_manifest(manifest)[test_set])
        for row in part.to_dict("records"):
            language, predicted = row["language"], by_language[row["language"]]
            perturbed = read_test_set(gold[language], test_set)
            check_alignment(predicted, perturbed, run=str(run), language=language, test_set=test_set)
            yield row | diagnose(
                read_test_set(gold[language], REGULAR),
                perturbed,
                predicted.tags,
                training_mentions,
                f1=row["f1"],
                f1_regular=row["f1_regular"],
                floor_high=row["chance_floor_high"],
            )


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params, out = snakemake.input, snakemake.params, snakemake.output
        pairs = zip(files.manifests, files.folders, strict=True)
        main(
            files.scores,
            dict(zip([Run(*run) for run in params.runs], pairs, strict=True)),
            dict(zip(params.languages, files.gold, strict=True)),
            dict(zip(params.languages, files.train, strict=True)),
            params.floor_factor,
            Provenance(**params.provenance),
            out.csv,
            out.markdown,
            out.html,
        )
