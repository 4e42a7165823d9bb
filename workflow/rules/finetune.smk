"""One fine-tuning a run: a training set, a variant and a seed."""


rule finetune:
    input:
        unpack(get_source_run),
        sentences=get_sentences,
        encoder=["<results>/encoder/config.json", "<results>/encoder/model.safetensors"],
    output:
        **{name: f"<run>/{file}" for name, file in RUN_FILES.items()},  # weights, config, curve, sparsity, record
    log:
        "<results>/logs/finetune/{training_set}/{variant}/seed-{seed}.log",
    benchmark:
        "<results>/benchmarks/finetune/{training_set}/{variant}/seed-{seed}.tsv"
    conda:
        "../../envs/study.yaml"
    threads: config["finetuning"]["threads"]
    resources:
        runtime=get_training_minutes,
        mem_mb=get_training_megabytes,
        gpu=GPUS,
    params:
        languages=get_languages,  # their order, which is that of the sentences: Snakemake compares the set of input files
        finetuning=get_finetuning,
        schedules=get_schedules,
        pruning=get_pruning,
        version=version_of("finetune"),
    script:
        "../scripts/finetune.py"
