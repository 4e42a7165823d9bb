"""Write one of tables 2-9: F1 by language and sparsity, with means and medians."""

from collections.abc import Sequence

from jobs.logs import log_to
from ner_pruning.report.tables import f1_table
from ner_pruning.scoring.score_table import read_all_scores
from ner_pruning.table import save_table
from ner_pruning.terms import Provenance


def main(
    scores: str,
    number: int,
    languages: Sequence[str],
    provenance: Provenance,
    *out: str,
) -> None:
    """Write the table; scores: path of the study's scores; languages: those of the setting, in the rows' order."""
    table = f1_table(read_all_scores(scores), number, languages, provenance)
    save_table(table, out)
    print(table.markdown())


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params, out = snakemake.params, snakemake.output
        names = (params.number, params.languages, Provenance(**params.provenance))
        main(snakemake.input.scores, *names, *out)
