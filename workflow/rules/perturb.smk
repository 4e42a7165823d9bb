"""Perturbed test sets by entity mention replacement, and which mentions of a test set a training set holds."""


rule perturb:
    input:
        test="<results>/data/{language}/test.parquet",
        train="<results>/data/{language}/train.parquet",
        pool=get_pool_paths,
    output:
        test="<results>/perturbed/{perturbation}/{language}.parquet",
        counts="<results>/perturbed/{perturbation}/{language}.json",
    log:
        "<results>/logs/perturb/{perturbation}/{language}.log",
    conda:
        "../../envs/study.yaml"
    params:
        perturbation="{perturbation}",
        language="{language}",
        pool_languages=get_pool_languages,
        seed=config["replacement"]["seed"],
        share=config["replacement"]["share"],
        unique_mentions=config["replacement"]["unique_mentions"],
        version=version_of("perturb"),
    script:
        "../scripts/perturb.py"


rule overlap:
    input:
        train=get_training_corpora,
        tests=get_scored_corpora,
    output:
        "<results>/overlap/{training_set}.csv",
    log:
        "<results>/logs/overlap/{training_set}.log",
    conda:
        "../../envs/study.yaml"
    params:
        languages=get_scored_languages,
        test_sets=get_scored_test_sets,
        version=version_of("overlap"),
    script:
        "../scripts/overlap.py"
