"""For use outside of the study: a run as a folder of transformers, and its small results for the repository."""


rule export_run:
    input:
        weights=get_stored_weights,
        config=get_stored_config,
        run=get_stored_record,
        sparsity=get_stored_sparsity,
        scores="<run>/scores.csv",
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
        encoder_name=encoder_name(config),
        dataset_name=get_dataset_name,
        hub=get_hub_ids,
        quantisation=get_quantisation,
        compact=False,
        version=version_of("export_run"),
    script:
        "../scripts/export_run.py"


rule compact_run:
    input:
        weights=get_stored_weights,
        config=get_stored_config,
        run=get_stored_record,
        sparsity=get_stored_sparsity,
        scores="<run>/scores.csv",
        encoder=expand("<results>/encoder/{file}", file=ENCODER_FILES),
        train=get_sentences,
        evaluation=get_encoded_evaluation,
        corpora=get_read_corpora,
    output:
        directory("<results>/compact/{training_set}/{variant}/seed-{seed}"),
    log:
        "<results>/logs/compact_run/{training_set}/{variant}/seed-{seed}.log",
    conda:
        "../../envs/study.yaml"
    params:
        study=config["study"],
        languages=get_languages,
        encoder_name=encoder_name(config),
        dataset_name=get_dataset_name,
        hub=get_hub_ids,
        quantisation=get_quantisation,
        compact=True,
        version=version_of("export_run"),
    script:
        "../scripts/export_run.py"


rule publish_study:
    input:
        get_published_files(),
    output:
        directory(PUBLISHED_STUDY),
    log:
        "<results>/logs/publish_study.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        version=version_of("publish"),
    script:
        "../scripts/publish.py"
