"""Tables 1-11 of the paper, and those of forgotten sentences and of runs."""

FORGETTING_LANGUAGES = contents.forgetting_languages(config)
FORGETTING_RUNS = contents.runs_of_languages(COMPARED_RUNS, FORGETTING_LANGUAGES)
FORGETTING_SETS = [name for name in COMPARED_SETS if any(run.training_set == name for run in FORGETTING_RUNS)]


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


rule run_statistics:
    input:
        records=get_stored_records(get_runs()),
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


if FORGETTING_LANGUAGES:

    rule forgotten_sentences:
        input:
            found=get_found(FORGETTING_RUNS),
            manifests=[f"<results>/runs/{run}/predictions.json" for run in FORGETTING_RUNS],
            folders=ancient([f"<results>/runs/{run}/predictions" for run in FORGETTING_RUNS]),
            mentions=get_mentions(FORGETTING_SETS),
            gold=[f"<results>/evaluation/{language}.parquet" for language in FORGETTING_LANGUAGES],
        output:
            csv="<results>/tables/forgotten-sentences.csv",
            markdown="<results>/tables/forgotten-sentences.md",
            latex="<results>/tables/forgotten-sentences.tex",
            html=report(
                "<results>/tables/forgotten-sentences.html",
                caption="../report/forgotten-sentences.rst",
                category="Tables",
                labels={"table": "beyond the paper", "shows": "sentences that pruning forgets"},
            ),
        log:
            "<results>/logs/forgotten_sentences.log",
        localrule: True
        conda:
            "../../envs/study.yaml"
        params:
            runs=plain(FORGETTING_RUNS),
            training_sets=FORGETTING_SETS,
            languages=FORGETTING_LANGUAGES,
            sentences=config["tables"]["sentences"],
            provenance=PROVENANCE,
            version=version_of("forgotten_sentences"),
        script:
            "../scripts/forgotten_sentences.py"


if grid.compares_methods(config):

    rule methods_table:
        input:
            intervals="<results>/intervals.parquet",
        output:
            csv="<results>/tables/methods.csv",
            markdown="<results>/tables/methods.md",
            latex="<results>/tables/methods.tex",
            html=report(
                "<results>/tables/methods.html",
                caption="../report/methods.rst",
                category="Tables",
                labels={"table": "beyond the paper", "shows": "pruning methods"},
            ),
        log:
            "<results>/logs/methods_table.log",
        localrule: True
        conda:
            "../../envs/study.yaml"
        params:
            provenance=PROVENANCE,
            version=version_of("methods_table"),
        script:
            "../scripts/methods_table.py"
