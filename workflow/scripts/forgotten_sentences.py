"""Write the test sentences that show best what pruning forgets, with gold, dense and pruned tags side by side."""

from collections.abc import Mapping, Sequence

from jobs.logs import log_to
from ner_pruning.data.test_sets import read_test_set
from ner_pruning.report.forgetting_tables import forgotten_row, forgotten_sentences, most_forgotten
from ner_pruning.scoring.found_mentions import read_compared
from ner_pruning.scoring.prediction_files import read_aligned
from ner_pruning.table import save_table
from ner_pruning.terms import DENSE, REGULAR, Provenance, Run


def main(
    runs: Mapping[Run, str],
    predictions: Mapping[Run, tuple[str, str]],
    mentions: Mapping[str, str],
    gold: Mapping[str, str],
    sentences: int,
    provenance: Provenance,
    out: Sequence[str],
) -> None:
    """Write the table; runs: path of what each finds; predictions: manifest and folder by run; mentions: paths by
    training set; gold: evaluation files by language; sentences: of each language and training set."""
    found, properties = read_compared(runs, mentions)
    first = {(run.training_set, run.variant): run for run in reversed(found)}  # of the seeds
    rows = []
    for language, path in gold.items():
        corpus = read_test_set(path, REGULAR)
        for training_set, of_set in properties.items():
            if (key := (REGULAR, language)) not in of_set:
                continue
            of_runs = {run: each[key] for run, each in found.items() if run.training_set == training_set}
            tags = {}
            for example in most_forgotten(of_runs, of_set[key].sentence, sentences):
                for variant in (DENSE, example.variant):
                    if variant not in tags:
                        run = first[training_set, variant]
                        part = read_aligned(*predictions[run], REGULAR, {language: corpus}, run=str(run))
                        tags[variant] = part[language].tags
                dense, pruned = (tags[variant][example.sentence] for variant in (DENSE, example.variant))
                setting = first[training_set, DENSE].setting
                rows.append(forgotten_row(example, corpus, dense, pruned, language, setting))
    table = forgotten_sentences(rows, provenance)
    save_table(table, out)
    print(table.markdown())


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        runs = [Run(*run) for run in params.runs]
        main(
            runs=dict(zip(runs, files.found, strict=True)),
            predictions=dict(zip(runs, zip(files.manifests, files.folders, strict=True), strict=True)),
            mentions=dict(zip(params.training_sets, files.mentions, strict=True)),
            gold=dict(zip(params.languages, files.gold, strict=True)),
            sentences=params.sentences,
            provenance=Provenance(**params.provenance),
            out=list(snakemake.output),
        )
