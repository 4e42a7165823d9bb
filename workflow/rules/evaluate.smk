"""Test sets with their chance floors, a prediction and a scoring per run, the scores of all runs and their intervals.

And, of the runs of training sets with pruned models, which mentions they find, and what pruning forgets.
"""


rule test_sets:
    input:
        **ENTITY_TYPES,
        corpora=get_evaluation_corpora,
    output:
        "<results>/evaluation/{language}.parquet",
    log:
        "<results>/logs/test_sets/{language}.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        test_sets=get_evaluation_names,
        version=version_of("test_sets"),
    script:
        "../scripts/test_sets.py"


rule encode_test_sets:
    input:
        evaluation="<results>/evaluation/{language}.parquet",
        tokenizer="<results>/encoder/tokenizer.json",
    output:
        "<results>/encoded/evaluation/{language}.parquet",
    log:
        "<results>/logs/encode_test_sets/{language}.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        max_length=config["finetuning"]["max_length"],
        version=version_of("encode_test_sets"),
    script:
        "../scripts/encode_test_sets.py"


rule chance_floor:
    input:
        "<results>/evaluation/{language}.parquet",
    output:
        "<results>/chance_floors/{language}.json",
    log:
        "<results>/logs/chance_floor/{language}.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        chance_floor=sorted_values(config["chance_floor"]),
        version=version_of("chance_floor"),
    script:
        "../scripts/chance_floor.py"


rule overlap:
    input:
        train=get_training_corpora,
        evaluation=get_evaluation,
    output:
        "<results>/overlap/{training_set}.csv",
    log:
        "<results>/logs/overlap/{training_set}.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        languages=get_languages,
        version=version_of("overlap"),
    script:
        "../scripts/overlap.py"


rule predict:
    input:
        weights=get_stored_weights,
        config=get_stored_config,
        encoder="<results>/encoder/model.safetensors",  # whose rows for pieces that training does not use are not stored
        sentences=get_encoded_evaluation,
        # the precision of the run; a run that was trained again to the same weights need not be predicted again
        run=ancient(get_stored_record),
    output:
        folder=directory("<run>/predictions"),
        manifest="<run>/predictions.json",
    log:
        "<results>/logs/predict/{training_set}/{variant}/seed-{seed}.log",
    benchmark:
        "<results>/benchmarks/predict/{training_set}/{variant}/seed-{seed}.tsv"
    conda:
        "../../envs/study.yaml"
    threads: config["finetuning"]["threads"]
    resources:
        runtime=get_prediction_minutes,
        mem_mb=get_prediction_megabytes,
        gpu=GPUS,
    params:
        languages=get_languages,
        device=config["finetuning"]["device"],
        threads=config["finetuning"]["threads"],
        quantisation=get_quantisation,
        version=version_of("predict"),
    script:
        "../scripts/predict.py"


rule score:
    input:
        # the manifest holds the digests of all prediction files and stands for their content
        manifest="<run>/predictions.json",
        folder=ancient("<run>/predictions"),
        gold=get_evaluation,
    output:
        scores="<run>/scores.csv",
        counts="<run>/counts.parquet",
        confidence="<run>/confidence.parquet",
        found="<run>/found.parquet",
    log:
        "<results>/logs/score/{training_set}/{variant}/seed-{seed}.log",
    conda:
        "../../envs/study.yaml"
    params:
        run="{training_set}/{variant}/seed-{seed}",
        languages=get_languages,
        version=version_of("score"),
    script:
        "../scripts/score.py"


rule collect_scores:
    input:
        scores=[f"<results>/runs/{run}/scores.csv" for run in get_runs()],
        floors=[f"<results>/chance_floors/{language}.json" for language in get_evaluated_languages()],
        overlap=[f"<results>/overlap/{training_set}.csv" for training_set in TRAINING_SETS],
        perturbed=[
            f"<results>/perturbed/{perturbation}/{language}.json"
            for perturbation, language in get_evaluated_perturbed()
        ],
        runs=[f"<results>/runs/{run}/run.json" for run in get_trained_runs()],
    output:
        parquet="<results>/scores.parquet",
        csv="<results>/scores.csv",
    log:
        "<results>/logs/collect_scores.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        runs=plain(get_runs()),
        languages=get_evaluated_languages(),
        training_sets=TRAINING_SETS,
        perturbed=get_evaluated_perturbed(),
        version=version_of("collect_scores"),
    script:
        "../scripts/collect_scores.py"


rule bootstrap:
    input:
        counts=[f"<results>/runs/{run}/counts.parquet" for run in get_runs()],
    output:
        "<results>/replicates.parquet",
    log:
        "<results>/logs/bootstrap.log",
    conda:
        "../../envs/study.yaml"
    params:
        runs=plain(get_runs()),
        bootstrap=sorted_values(config["bootstrap"]),
        version=version_of("bootstrap"),
    script:
        "../scripts/bootstrap.py"


rule intervals:
    input:
        replicates="<results>/replicates.parquet",
        scores="<results>/scores.parquet",  # for the chance floors, and the standard deviations over seeds
        groups="<results>/groups.csv",
    output:
        parquet="<results>/intervals.parquet",
        csv="<results>/intervals.csv",
    log:
        "<results>/logs/intervals.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        version=version_of("intervals"),
    script:
        "../scripts/intervals.py"


rule diagnosis:
    input:
        scores="<results>/scores.parquet",
        manifests=[f"<results>/runs/{run}/predictions.json" for run in get_runs()],
        folders=ancient([f"<results>/runs/{run}/predictions" for run in get_runs()]),
        gold=[f"<results>/evaluation/{language}.parquet" for language in get_evaluated_languages()],
        train=[get_corpus_path("train", language) for language in get_evaluated_languages()],
    output:
        csv="<results>/diagnosis.csv",
        markdown="<results>/diagnosis.md",
        html=report(
            "<results>/diagnosis.html",
            caption="../report/diagnosis.rst",
            category="Claims",
            labels={"what": "diagnosis"},
        ),
    log:
        "<results>/logs/diagnosis.log",
    conda:
        "../../envs/study.yaml"
    params:
        runs=plain(get_runs()),
        languages=get_evaluated_languages(),
        floor_factor=config["diagnosis"]["floor_factor"],
        provenance=PROVENANCE,
        version=version_of("diagnosis"),
    script:
        "../scripts/diagnosis.py"


if COMPARED_RUNS:

    rule mention_properties:
        input:
            train=get_training_corpora,
            evaluation=get_evaluation,
        output:
            "<results>/mentions/{training_set}.parquet",
        log:
            "<results>/logs/mention_properties/{training_set}.log",
        localrule: True
        conda:
            "../../envs/study.yaml"
        params:
            languages=get_languages,
            version=version_of("mention_properties"),
        script:
            "../scripts/mention_properties.py"

    rule recall:
        input:
            found=get_found(COMPARED_RUNS),
            mentions=get_mentions(COMPARED_SETS),
        output:
            "<results>/recall.parquet",
        log:
            "<results>/logs/recall.log",
        conda:
            "../../envs/study.yaml"
        params:
            runs=plain(COMPARED_RUNS),
            training_sets=COMPARED_SETS,
            bootstrap=sorted_values(config["bootstrap"]),
            version=version_of("recall"),
        script:
            "../scripts/recall.py"

    rule forgotten:
        input:
            found=get_found(COMPARED_RUNS),
            mentions=get_mentions(COMPARED_SETS),
            groups="<results>/groups.csv",
        output:
            parquet="<results>/forgotten.parquet",
            csv="<results>/forgotten.csv",
        log:
            "<results>/logs/forgotten.log",
        conda:
            "../../envs/study.yaml"
        params:
            runs=plain(COMPARED_RUNS),
            training_sets=COMPARED_SETS,
            bootstrap=sorted_values(config["bootstrap"]),
            version=version_of("forgotten"),
        script:
            "../scripts/forgotten.py"
