"""A run as a folder of transformers, for use outside of the study."""


rule export_run:
    input:
        weights="<results>/runs/{training_set}/{variant}/seed-{seed}/weights.safetensors.zst",
        config="<results>/runs/{training_set}/{variant}/seed-{seed}/config.json",
        run="<results>/runs/{training_set}/{variant}/seed-{seed}/run.json",
        sparsity="<results>/runs/{training_set}/{variant}/seed-{seed}/sparsity.csv",
        scores="<results>/runs/{training_set}/{variant}/seed-{seed}/scores.csv",
        encoder=expand("<results>/encoder/{file}", file=ENCODER_FILES),
    output:
        directory("<results>/export/{training_set}/{variant}/seed-{seed}"),
    log:
        "<results>/logs/export_run/{training_set}/{variant}/seed-{seed}.log",
    conda:
        "../../envs/study.yaml"
    params:
        study=config["study"],
        languages=get_languages,
        encoder_name=ENCODER_NAME,
        dataset_name=DATASET_NAME,
        hub=HUB_IDS,
        version=version_of("export_run"),
    script:
        "../scripts/export_run.py"
