"""The data set and the encoder. Local rules: compute nodes may have no internet, and the rest takes seconds a language."""


rule resolve_data:
    output:
        "<results>/data/source.json",
    log:
        "<results>/logs/resolve_data.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        repository=config["data"]["repository"],
        revision=config["data"]["revision"],
        repo_type="dataset",
        version=version_of("resolve_revision"),
    script:
        "../scripts/resolve_revision.py"


if LANGUAGE_REVISIONS:

    rule resolve_language_data:
        output:
            "<results>/data/{language}/source.json",
        log:
            "<results>/logs/resolve_data/{language}.log",
        localrule: True
        conda:
            "../../envs/study.yaml"
        params:
            repository=get_repository,
            revision=get_revision,
            repo_type="dataset",
            version=version_of("resolve_revision"),
        script:
            "../scripts/resolve_revision.py"


if len(BY_SPLIT) < len(LANGUAGES):

    rule language_data:
        input:
            unpack(get_source),
        output:
            train="<results>/data/{language}/train.parquet",
            validation="<results>/data/{language}/validation.parquet",
            test="<results>/data/{language}/test.parquet",
        log:
            "<results>/logs/language_data/{language}.log",
        wildcard_constraints:
            language="|".join(language for language in LANGUAGES if language not in BY_SPLIT),
        priority: 1  # as in encode: what these refuse is known before any run trains
        localrule: True
        conda:
            "../../envs/study.yaml"
        params:
            **LANGUAGE_DATA,
        script:
            "../scripts/language_data.py"


if BY_SPLIT:

    rule split_data:
        input:
            unpack(get_source),
        output:
            "<results>/data/{language}/{split}.parquet",
        log:
            "<results>/logs/split_data/{language}/{split}.log",
        wildcard_constraints:
            language="|".join(BY_SPLIT),
            split="|".join(SPLITS),
        priority: 1
        localrule: True
        conda:
            "../../envs/study.yaml"
        params:
            **LANGUAGE_DATA,
        script:
            "../scripts/language_data.py"


if config["data"]["entity_types"] is None:

    rule entity_types:
        input:
            [f"<results>/data/{language}/train.parquet" for language in LANGUAGES],
        output:
            "<results>/data/entity_types.json",
        log:
            "<results>/logs/entity_types.log",
        priority: 1
        localrule: True
        conda:
            "../../envs/study.yaml"
        params:
            version=version_of("entity_types"),
        script:
            "../scripts/entity_types.py"


rule data_card:
    input:
        train="<results>/data/{language}/train.parquet",
        validation="<results>/data/{language}/validation.parquet",
        test="<results>/data/{language}/test.parquet",
        tokenizer="<results>/encoder/tokenizer.json",
    output:
        "<results>/data/{language}/card.json",
    log:
        "<results>/logs/data_card/{language}.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        language="{language}",
        max_length=config["finetuning"]["max_length"],
        version=version_of("data_card"),
    script:
        "../scripts/data_card.py"


rule resolve_encoder:
    output:
        "<results>/encoder/source.json",
    log:
        "<results>/logs/resolve_encoder.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        repository=config["encoder"]["name"],
        revision=config["encoder"]["revision"],
        repo_type="model",
        version=version_of("resolve_revision"),
    script:
        "../scripts/resolve_revision.py"


rule build_encoder:
    input:
        unpack(get_encoder_source),
    output:
        expand("<results>/encoder/{file}", file=ENCODER_FILES),
    log:
        "<results>/logs/build_encoder.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        source=config["encoder"]["source"],
        name=encoder_origin(config),
        sizes=get_encoder_sizes,
        max_length=config["finetuning"]["max_length"],
        version=version_of("build_encoder"),
    script:
        "../scripts/build_encoder.py"


rule encode:
    input:
        **ENTITY_TYPES,
        corpus="<results>/data/{language}/train.parquet",
        tokenizer="<results>/encoder/tokenizer.json",
    output:
        "<results>/encoded/train/{language}.parquet",
    log:
        "<results>/logs/encode/{language}.log",
    priority: 1
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        max_length=config["finetuning"]["max_length"],
        version=version_of("encode"),
    script:
        "../scripts/encode.py"


rule language_groups:
    input:
        cards=[f"<results>/data/{language}/card.json" for language in LANGUAGES],
        languages=LANGUAGES_FILES,
    output:
        "<results>/groups.csv",
    log:
        "<results>/logs/language_groups.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        **({"columns": GROUPED_BY} if GROUPED_BY else {}),
        languages=LANGUAGES,
        size_classes=[row["up_to"] for row in config["schedules"]],
        version=version_of("language_groups"),
    script:
        "../scripts/language_groups.py"
