rule dataset:
    input:
        # Its content counts, which is in the settings, not its time.
        unpack(lambda wildcards: {"file": ancient(path) for path in OUTPUTS.files(wildcards.dataset)}),
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
        code=code("dataset"),
    message:
        "Make data set {wildcards.dataset}"
    script:
        "../scripts/dataset.py"
