"""Tables and figures. Tables 1-11 and figures 1-9 have the paper's numbers."""

CURVE_RUNS, MAP_RUNS = grid.shown_runs(config), grid.mapped_runs(config)


rule data_sizes_table:
    input:
        cards=[f"<results>/data/{language}/card.json" for language in LANGUAGES],
        languages=LANGUAGES_FILES,
    output:
        csv="<results>/tables/table-1.csv",
        markdown="<results>/tables/table-1.md",
        latex="<results>/tables/table-1.tex",
        html=report(
            "<results>/tables/table-1.html",
            caption="../report/table-1.rst",
            category="Tables",
            labels=get_table_labels("1", "data sizes"),
        ),
    log:
        "<results>/logs/data_sizes_table.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        languages=LANGUAGES,
        monolingual=config["monolingual"],
        size_classes=[row["up_to"] for row in config["schedules"]],
        provenance=DATA_PROVENANCE,
        version=version_of("data_sizes_table"),
    script:
        "../scripts/data_sizes_table.py"


rule f1_table:
    input:
        intervals="<results>/intervals.parquet",
        scores="<results>/scores.parquet",  # what was trained, and the test sets without a mention
    output:
        csv="<results>/tables/table-{number}.csv",
        markdown="<results>/tables/table-{number}.md",
        latex="<results>/tables/table-{number}.tex",
        html=report(
            "<results>/tables/table-{number}.html",
            caption="../report/f1-table.rst",
            category="Tables",
            labels=get_f1_labels,
        ),
    log:
        "<results>/logs/f1_table/{number}.log",
    wildcard_constraints:
        number="[2-9]",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        number=get_number,
        languages=get_table_languages,
        provenance=PROVENANCE,
        version=version_of("f1_table"),
    script:
        "../scripts/f1_table.py"


rule examples_table:
    input:
        test=get_example_test,
        perturbed=get_example_perturbed,
        languages=LANGUAGES_FILES,
    output:
        csv="<results>/tables/table-{number}.csv",
        markdown="<results>/tables/table-{number}.md",
        latex="<results>/tables/table-{number}.tex",
        html=report(
            "<results>/tables/table-{number}.html",
            caption="../report/examples-table.rst",
            category="Tables",
            labels=get_example_labels,
        ),
    log:
        "<results>/logs/examples_table/{number}.log",
    wildcard_constraints:
        number="1[01]",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        number=get_number,
        language=get_example_language,
        examples=config["tables"]["sentences"],
        provenance=DATA_PROVENANCE,
        version=version_of("examples_table"),
    script:
        "../scripts/examples_table.py"


rule figure:
    input:
        intervals="<results>/intervals.parquet",
        groups="<results>/groups.csv",
    output:
        pdf="<results>/figures/{figure}.pdf",
        svg="<results>/figures/{figure}.svg",
        png=report(
            "<results>/figures/{figure}.png",
            caption="../report/figure.rst",
            category="Figures",
            labels=get_figure_labels,
        ),
    log:
        "<results>/logs/figure/{figure}.log",
    wildcard_constraints:
        figure="|".join(contents.figure_names(config)),
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        provenance=DATA_PROVENANCE,
        version=version_of("figure"),
    script:
        "../scripts/figure.py"


rule published:
    input:
        intervals="<results>/intervals.parquet",
        published=PUBLISHED_FILE,
    output:
        csv="<results>/tables/published.csv",
        markdown="<results>/tables/published.md",
        latex="<results>/tables/published.tex",
        html=report(
            "<results>/tables/published.html",
            caption="../report/published.rst",
            category="Tables",
            labels={"table": "beyond the paper", "shows": "our F1 and the published one"},
        ),
        pdf="<results>/figures/published.pdf",
        png=report(
            "<results>/figures/published.png",
            caption="../report/published.rst",
            category="Figures",
            labels={"figure": "beyond the paper", "shows": "our F1 and the published one"},
        ),
        svg="<results>/figures/published.svg",
    log:
        "<results>/logs/published.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        provenance=PROVENANCE,
        version=version_of("published"),
    script:
        "../scripts/published.py"


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


rule training_curves:
    input:
        [f"<results>/runs/{run}/training.csv" for run in CURVE_RUNS],
    output:
        pdf="<results>/figures/training-curves.pdf",
        png=report(
            "<results>/figures/training-curves.png",
            caption="../report/training-curves.rst",
            category="Figures",
            labels={"figure": "beyond the paper", "shows": "training curves"},
        ),
        svg="<results>/figures/training-curves.svg",
    log:
        "<results>/logs/training_curves.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        runs=plain(CURVE_RUNS),
        provenance=DATA_PROVENANCE,
        version=version_of("training_curves"),
    script:
        "../scripts/training_curves.py"


if MAP_RUNS:

    rule sparsity_map:
        input:
            [f"<results>/runs/{run}/sparsity.csv" for run in MAP_RUNS],
        output:
            pdf="<results>/figures/sparsity.pdf",
            png=report(
                "<results>/figures/sparsity.png",
                caption="../report/sparsity.rst",
                category="Figures",
                labels={"figure": "beyond the paper", "shows": "sparsity of each matrix"},
            ),
            svg="<results>/figures/sparsity.svg",
        log:
            "<results>/logs/sparsity_map.log",
        localrule: True
        conda:
            "../../envs/study.yaml"
        params:
            runs=plain(MAP_RUNS),
            languages=len(grid.training_languages(MAP_RUNS[0][0], config)),
            provenance=DATA_PROVENANCE,
            version=version_of("sparsity_map"),
        script:
            "../scripts/sparsity_map.py"


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
        provenance=PROVENANCE,
        version=version_of("claims"),
    script:
        "../scripts/claims.py"


rule run_statistics:
    input:
        records=[f"<results>/runs/{run}/run.json" for run in get_runs()],
    output:
        csv="<results>/tables/runs.csv",
        markdown="<results>/tables/runs.md",
        latex="<results>/tables/runs.tex",
        html=report(
            "<results>/tables/runs.html", caption="../report/runs.rst", category="Study", labels={"what": "runs"}
        ),
    log:
        "<results>/logs/run_statistics.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        runs=plain(get_runs()),
        provenance=PROVENANCE,
        version=version_of("run_statistics"),
    script:
        "../scripts/run_statistics.py"


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
