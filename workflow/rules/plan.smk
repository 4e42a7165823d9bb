"""What the study will cost, before it starts; and afterwards, how far that was right."""


rule plan:
    input:
        train=[f"<results>/encoded/train/{language}.parquet" for language in get_evaluated_languages()],
        evaluation=[f"<results>/encoded/evaluation/{language}.parquet" for language in get_evaluated_languages()],
        encoder=get_planned_encoder,
    log:
        "<results>/logs/plan.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    threads: 1024  # all there are: no job gets more than --cores
    params:
        record=PLAN,
        runs=plain(get_runs()),
        settings=PLAN_SETTINGS,
        training_sets={name: grid.training_languages(name, config) for name in TRAINING_SETS},
        schedules={name: grid.possible_schedules(name, config, TABLE) for name in TRAINING_SETS},
        languages=get_evaluated_languages(),  # and trained on
        planned_languages=get_planned_languages(),
        scripts=get_scripts,
        snakefile=str(ROOT / "Snakefile"),
        python=shlex.split(sys.executable)[0],  # which config.smk has escaped for a shell
    script:
        "../scripts/plan.py"


rule planned_and_measured:
    input:
        plan=PLAN,
        records=[f"<results>/runs/{run}/run.json" for run in get_trained_runs()],
        predictions=ancient([f"<results>/runs/{run}/predictions" for run in get_trained_runs()]),
        finetuned=get_benchmarks("finetune"),
        predicted=get_benchmarks("predict"),
    output:
        csv="<results>/tables/plan.csv",
        markdown="<results>/tables/plan.md",
        latex="<results>/tables/plan.tex",
        html=report(
            "<results>/tables/plan.html", caption="../report/plan.rst", category="Study", labels={"what": "plan"}
        ),
    log:
        "<results>/logs/planned_and_measured.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        runs=plain(get_trained_runs()),
        settings=PLAN_SETTINGS,
        version=version_of("planned_and_measured"),
    script:
        "../scripts/planned_and_measured.py"
