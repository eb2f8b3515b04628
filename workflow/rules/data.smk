rule dataset:
    output:
        DATASET,
    log:
        "results/logs/datasets/{dataset}.log",
    conda:
        "../../envs/training.yaml"
    params:
        settings=settings_of("dataset"),
        code=code("dataset"),
    message:
        "Make data set {wildcards.dataset}"
    script:
        "../scripts/dataset.py"
