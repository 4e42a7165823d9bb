"""Write one of tables 2-9: F1 by language and sparsity, with means and medians."""

from collections.abc import Sequence

from compression.files import write_text
from compression.parquet import read_table
from compression.tables import f1_table
from logs import log_to


def main(
    scores: str,
    number: int,
    languages: Sequence[str],
    study: str,
    encoder: str,
    demo: bool,
    out_csv: str,
    out_md: str,
    out_tex: str,
) -> None:
    """Write the table; scores: path of the study's scores; languages: those of the setting, in the rows' order."""
    table = f1_table(read_table(scores).to_pandas(use_threads=False), number, languages, study, encoder, demo)
    write_text(out_csv, table.csv())
    write_text(out_md, table.markdown())
    write_text(out_tex, table.latex())
    print(table.markdown())


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params, out = snakemake.params, snakemake.output
        names = (params.number, params.languages, params.study, params.encoder, params.demo)
        main(snakemake.input.scores, *names, out.csv, out.markdown, out.latex)
