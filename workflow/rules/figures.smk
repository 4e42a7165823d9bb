"""Figures 1-9 of the paper, and those beyond it."""

CURVE_RUNS, MAP_RUNS = grid.shown_runs(config), grid.mapped_runs(config)


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
        **get_published_languages(),
        provenance=PROVENANCE,
        version=version_of("published"),
    script:
        "../scripts/published.py"


rule calibration:
    input:
        confidence=[f"<results>/runs/{run}/confidence.parquet" for run in get_runs()],
    output:
        csv="<results>/tables/calibration.csv",
        markdown="<results>/tables/calibration.md",
        latex="<results>/tables/calibration.tex",
        html=report(
            "<results>/tables/calibration.html",
            caption="../report/calibration.rst",
            category="Tables",
            labels={"table": "beyond the paper", "shows": "calibration"},
        ),
        pdf="<results>/figures/calibration.pdf",
        png=report(
            "<results>/figures/calibration.png",
            caption="../report/calibration.rst",
            category="Figures",
            labels={"figure": "beyond the paper", "shows": "calibration"},
        ),
        svg="<results>/figures/calibration.svg",
    log:
        "<results>/logs/calibration.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        runs=plain(get_runs()),
        seed=config["bootstrap"]["seed"],
        provenance=PROVENANCE,
        version=version_of("calibration"),
    script:
        "../scripts/calibration.py"


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
                labels={"figure": "beyond the paper", "shows": "the weights that are left"},
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


if COMPARED_RUNS:

    rule forgotten_means:
        input:
            forgotten="<results>/forgotten.parquet",
        output:
            csv="<results>/tables/forgotten.csv",
            markdown="<results>/tables/forgotten.md",
            latex="<results>/tables/forgotten.tex",
            html=report(
                "<results>/tables/forgotten.html",
                caption="../report/forgotten.rst",
                category="Tables",
                labels={"table": "beyond the paper", "shows": "what pruning forgets"},
            ),
            pdf="<results>/figures/forgotten.pdf",
            png=report(
                "<results>/figures/forgotten.png",
                caption="../report/forgotten.rst",
                category="Figures",
                labels={"figure": "beyond the paper", "shows": "what pruning forgets"},
            ),
            svg="<results>/figures/forgotten.svg",
        log:
            "<results>/logs/forgotten_means.log",
        localrule: True
        conda:
            "../../envs/study.yaml"
        params:
            provenance=PROVENANCE,
            version=version_of("forgotten_means"),
        script:
            "../scripts/forgotten_means.py"
