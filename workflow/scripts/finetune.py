"""Fine-tune and prune one run."""

from collections.abc import Sequence
from pathlib import Path

from jobs.gpus import claim_gpu
from jobs.logs import log_to
from ner_pruning.terms import Run
from ner_pruning.training.run import RunConfig, train_run


def main(
    run: Run,
    encoder_folder: Path,
    encoded_paths: Sequence[str],
    config: RunConfig,
    folder: Path,
    *,
    jobs_per_gpu: int,
    cuda_graphs: bool,
    snapshot_minutes: float,
    version: str,
    source: str | None,
) -> None:
    """Train a run into its folder, on a GPU of its own where the config asks for one; see `train_run`."""
    claim_gpu(config.finetuning["device"], jobs_per_gpu)  # before CUDA starts
    options = {"snapshot_minutes": snapshot_minutes, "version": version, "source": source}
    train_run(run, encoder_folder, encoded_paths, config, folder, cuda_graphs=cuda_graphs, **options)


if __name__ == "__main__":
    wildcards, params = snakemake.wildcards, snakemake.params
    run = Run(wildcards.training_set, wildcards.variant, int(wildcards.seed))
    with log_to(snakemake.log[0], title=f"finetune {run}"):
        main(
            run,
            encoder_folder=Path(snakemake.input.encoder[0]).parent,
            encoded_paths=snakemake.input.sentences,
            config=RunConfig(finetuning=params.finetuning, schedules=params.schedules, pruning=params.pruning),
            folder=Path(snakemake.output.record).parent,
            # no parameters: no reason to train again
            jobs_per_gpu=snakemake.config["jobs_per_gpu"],
            cuda_graphs=snakemake.config["cuda_graphs"],
            snapshot_minutes=snakemake.config["snapshots"]["minutes"],
            version=params.version,
            source=snakemake.input.get("source"),
        )
