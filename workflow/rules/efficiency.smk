"""What compressed models take and how fast they are, on the machine where snakemake runs: the target `efficiency`."""

MEASURED_RUNS = contents.measured_runs(config)


rule measure_efficiency:
    input:
        whole=[f"<results>/export/{run}" for run in MEASURED_RUNS],
        compact=[f"<results>/compact/{run}" for run in MEASURED_RUNS],
        weights=[f"<results>/runs/{run}/weights.safetensors.zst" for run in MEASURED_RUNS],
        evaluation=f"<results>/evaluation/{contents.measured_language(config)}.parquet",
    output:
        csv="<results>/tables/efficiency.csv",
        markdown="<results>/tables/efficiency.md",
        latex="<results>/tables/efficiency.tex",
        html="<results>/tables/efficiency.html",
        pdf="<results>/figures/efficiency.pdf",
        png="<results>/figures/efficiency.png",
        svg="<results>/figures/efficiency.svg",
    log:
        "<results>/logs/efficiency.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    threads: 1024  # all there are: nothing else runs on the machine meanwhile
    params:
        runs=plain(MEASURED_RUNS),
        provenance=PROVENANCE,
        device=config["finetuning"]["device"],
        machine=get_machine,
        version=version_of("efficiency"),
    script:
        "../scripts/efficiency.py"
