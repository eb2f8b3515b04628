rule dataset:
    output:
        DATASET,
    log:
        "results/logs/datasets/{dataset}.log",
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: REQUESTS.dataset(wildcards, attempt).megabytes,
        runtime=lambda wildcards, attempt: REQUESTS.dataset(wildcards, attempt).minutes,
    params:
        settings=lambda wildcards: OUTPUTS.dataset(wildcards.dataset).provenance,
        # Its content counts, whose digest is in the settings, and neither its place nor its time: it is no input, and a
        # parameter by a function of `output` is none that Snakemake records.
        file=lambda wildcards, output: OUTPUTS.data_file(wildcards.dataset),
        code=code("dataset"),
    message:
        "Make data set {wildcards.dataset}"
    script:
        "../scripts/dataset.py"
