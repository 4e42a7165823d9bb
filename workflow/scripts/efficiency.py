"""Measure what a study's compressed models take on disk and in memory on this machine, and how fast they tag."""

import os
from collections.abc import Mapping, Sequence

import torch
from jobs.logs import log_to
from ner_pruning.data.test_sets import read_test_set
from ner_pruning.figures.efficiency import draw_efficiency
from ner_pruning.figures.style import save_figures
from ner_pruning.machine import processor_name
from ner_pruning.planning.efficiency import measure, possible_kernels
from ner_pruning.report.efficiency_table import VOCABULARIES, efficiency_table
from ner_pruning.table import save_table
from ner_pruning.terms import REGULAR, Provenance, Run
from ner_pruning.training.model import choose_device

SENTENCES = 64
"""The first sentences of the test set are tagged, at most so many."""


def main(
    runs: Sequence[Run],
    whole: Sequence[str],
    compact: Sequence[str],
    weights: Sequence[str],
    evaluation: str,
    cores: int,
    device: str,
    provenance: Provenance,
    out: Mapping[str, str],
) -> None:
    """Write the table and the figure; whole, compact, weights: paths of each run. out: paths by suffix.

    device: of the config. On a GPU one thread is measured, which the processor's others would not help.
    """
    chosen = choose_device(device)
    threads, machine = [1, cores], f"{processor_name()} ({cores} threads)"
    if chosen.type == "cuda":
        threads, machine = [1], torch.cuda.get_device_name()
    sentences = [list(words) for words in read_test_set(evaluation, REGULAR).tokens[:SENTENCES]]
    folders = {}
    for run, *paths in zip(runs, whole, compact, strict=True):
        folders |= {(run.variant, vocabulary): path for vocabulary, path in zip(VOCABULARIES, paths, strict=True)}
    kernels = {run.variant: possible_kernels(run.sparsity, run.method, chosen.type) for run in runs}
    frame = measure(
        folders, kernels, sentences, threads=threads, scratch_in=os.path.dirname(out["csv"]), device=chosen.type
    )
    stored = {run.variant: os.path.getsize(path) for run, path in zip(runs, weights, strict=True)}
    of = f"{runs[0].training_set}, seed {runs[0].seed}, and the first {len(sentences)} sentences of its test set"
    table = efficiency_table(frame, stored, machine, of, provenance)
    save_table(table, [out[suffix] for suffix in ("csv", "md", "tex", "html")])
    print(table.markdown())
    save_figures(draw_efficiency(frame, provenance), [out[suffix] for suffix in ("pdf", "png", "svg")])


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params, files = snakemake.params, snakemake.input
        main(
            [Run(*run) for run in params.runs],
            files.whole,
            files.compact,
            files.weights,
            files.evaluation,
            snakemake.threads,
            params.device,
            Provenance(**params.provenance),
            out={path.rsplit(".", 1)[1]: path for path in snakemake.output},
        )
