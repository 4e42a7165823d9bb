"""What the scores say about the paper's claims, what lies behind its scores, and the config of it all."""


rule claims:
    input:
        unpack(get_claims_input),
        replicates="<results>/replicates.parquet",
        scores="<results>/scores.parquet",
        groups="<results>/groups.csv",
        published=PUBLISHED_FILE,
    output:
        csv="<results>/claims.csv",
        markdown="<results>/claims.md",
        html=report(
            "<results>/claims.html", caption="../report/claims.rst", category="Claims", labels={"what": "claims"}
        ),
    log:
        "<results>/logs/claims.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        budgets=sorted_values(grid.budgets(config)),
        provenance=PROVENANCE,
        version=version_of("claims"),
    script:
        "../scripts/claims.py"


rule forensics:
    input:
        published=PUBLISHED_FILE,
        regular=get_forensic_regular,
        perturbed=get_forensic_perturbed,
    output:
        csv="<results>/forensics.csv",
        markdown="<results>/forensics.md",
        html=report(
            "<results>/forensics.html",
            caption="../report/forensics.rst",
            category="Claims",
            labels={"what": "forensics"},
        ),
        pdf="<results>/figures/forensics.pdf",
        png=report(
            "<results>/figures/forensics.png",
            caption="../report/forensics.rst",
            category="Figures",
            labels={"figure": "beyond the paper", "shows": "published perturbed F1 and mistakes"},
        ),
        svg="<results>/figures/forensics.svg",
    log:
        "<results>/logs/forensics.log",
    conda:
        "../../envs/study.yaml"
    params:
        languages=get_forensic_languages(),
        # what there is of models: it is used, and nothing is trained for it
        encoder=get_present_encoder,
        encoded=get_present_encoded,
        runs=get_present_runs,
        provenance=DATA_PROVENANCE,
        version=version_of("forensics"),
    script:
        "../scripts/forensics.py"


rule study_config:
    output:
        yaml="<results>/config.yaml",
        html=report(
            "<results>/config.html", caption="../report/config.rst", category="Study", labels={"what": "config"}
        ),
    log:
        "<results>/logs/study_config.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        config=sorted_values(config),
        version=version_of("study_config"),
    script:
        "../scripts/study_config.py"
