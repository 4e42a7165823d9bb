"""Perturbed test sets by entity mention replacement, their chance floor, and the mentions that training has seen."""


rule perturb:
    input:
        test="<results>/data/{language}/test.parquet",
        pool=get_pool_paths,
    output:
        test="<results>/perturbed/{perturbation}/{language}.parquet",
        counts="<results>/perturbed/{perturbation}/{language}.json",
    log:
        "<results>/logs/perturb/{perturbation}/{language}.log",
    localrule: True
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


rule evaluation:
    input:
        get_evaluation_corpora,
    output:
        "<results>/evaluation/{language}.parquet",
    log:
        "<results>/logs/evaluation/{language}.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        test_sets=get_evaluation_names,
        version=version_of("evaluation"),
    script:
        "../scripts/evaluation.py"


rule encode_evaluation:
    input:
        evaluation="<results>/evaluation/{language}.parquet",
        tokenizer="<results>/encoder/tokenizer.json",
    output:
        "<results>/encoded/evaluation/{language}.parquet",
    log:
        "<results>/logs/encode_evaluation/{language}.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        max_length=config["finetuning"]["max_length"],
        version=version_of("encode_evaluation"),
    script:
        "../scripts/encode_evaluation.py"


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
