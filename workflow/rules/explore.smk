"""The page to explore a study's results with."""

from ner_pruning.study import explored

EXPLORED_RUNS, EXPLORED_LANGUAGES = explored.explored_runs(config), explored.explored_languages(config)


rule explore:
    input:
        intervals="<results>/intervals.parquet",
        scores="<results>/scores.parquet",  # the F1 of each seed
        groups="<results>/groups.csv",  # the names of languages
        manifests=[f"<results>/runs/{run}/predictions.json" for run in EXPLORED_RUNS],
        folders=ancient([f"<results>/runs/{run}/predictions" for run in EXPLORED_RUNS]),
        gold=[f"<results>/evaluation/{language}.parquet" for language in EXPLORED_LANGUAGES],
        markup=get_own_file("workflow/report/explore.html"),
        style=get_own_file("workflow/report/explore.css"),
        script=get_own_file("workflow/report/explore.js"),
    output:
        report(
            "<results>/explore.html",
            caption="../report/explore.rst",
            category="Study",
            labels={"what": "results to explore"},
        ),
    log:
        "<results>/logs/explore.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        runs=plain(EXPLORED_RUNS),
        languages=EXPLORED_LANGUAGES,
        provenance=PROVENANCE,
        version=version_of("explore"),
    script:
        "../scripts/explore.py"
