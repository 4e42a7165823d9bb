"""Perturbed test sets, by entity mention replacement."""


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
