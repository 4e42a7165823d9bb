"""Fine-tune and prune one run."""

from pathlib import Path

from jobs.gpus import claim_gpu
from jobs.logs import log_to
from ner_pruning.terms import Run
from ner_pruning.training.run import train_run

if __name__ == "__main__":
    with log_to(snakemake.log[0], title=f"finetune {Run(*snakemake.wildcards)}"):
        claim_gpu(snakemake.params.finetuning["device"], snakemake.config["jobs_per_gpu"])  # before CUDA starts
        train_run(
            encoder_folder=str(Path(snakemake.input.encoder[0]).parent),
            encoded_paths=snakemake.input.sentences,
            variant=snakemake.wildcards.variant,
            seed=int(snakemake.wildcards.seed),
            finetuning=snakemake.params.finetuning,
            schedules=snakemake.params.schedules,
            pruning=snakemake.params.pruning,
            weights_path=snakemake.output.weights,
            config_path=snakemake.output.config,
            curve_path=snakemake.output.curve,
            sparsity_path=snakemake.output.sparsity,
            run_path=snakemake.output.run,
            snapshot_folder=str(Path(snakemake.output.run).parent / "snapshot"),
            snapshot_minutes=snakemake.config["snapshots"]["minutes"],  # no parameter: no reason to train again
            version=snakemake.params.version,
        )
