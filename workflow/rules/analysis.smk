rule dataset_table:
    input:
        expand(DATASET, dataset=CONFIG.datasets),
    output:
        "results/tables/datasets.csv",
    log:
        "results/logs/tables/datasets.log",
    conda:
        "../../envs/figures.yaml"
    params:
        cells=[{"dataset": dataset} for dataset in CONFIG.datasets],
        provenances=[CONFIG.dataset_settings(dataset) for dataset in CONFIG.datasets],
        code=code("dataset_table"),
    message:
        "Table of the data sets"
    script:
        "../scripts/dataset_table.py"


rule accuracy_table:
    input:
        [f"{RUN}/history.csv".format(**vars(run)) for run in CONFIG.trainings()],
    output:
        "results/tables/accuracy.csv",
    log:
        "results/logs/tables/accuracy.log",
    conda:
        "../../envs/figures.yaml"
    params:
        cells=[vars(run) for run in CONFIG.trainings()],
        epochs=CONFIG.training.epochs,
        code=code("accuracy_table"),
    message:
        "Table of losses and accuracies"
    script:
        "../scripts/accuracy_table.py"


rule statistics:
    input:
        lambda wildcards: run_diagrams(wildcards)["paths"],
    output:
        table=f"{STATISTICS}.csv",
        arrays=f"{STATISTICS}.h5",
    log:
        "results/logs/statistics/{dataset}/{model}/seed{seed}.log",
    conda:
        "../../envs/topology.yaml"
    params:
        cells=lambda wildcards: run_diagrams(wildcards)["cells"],
        provenances=lambda wildcards: run_diagrams(wildcards)["provenances"],
        settings=settings_of("statistics"),
        betti_scales=CONFIG.analysis.betti_scales,
        code=code("run_statistics"),
    message:
        "Statistics of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/run_statistics.py"


rule run_distances:
    input:
        lambda wildcards: run_diagrams(wildcards)["paths"],
    output:
        RUN_DISTANCES,
    log:
        "results/logs/distances/{dataset}/{model}/seed{seed}.log",
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: within_resources(wildcards, attempt)[0],
        runtime=lambda wildcards, attempt: within_resources(wildcards, attempt)[1],
    params:
        cells=lambda wildcards: run_diagrams(wildcards)["cells"],
        provenances=lambda wildcards: run_diagrams(wildcards)["provenances"],
        code=code("distances"),
    message:
        "Distances between the diagrams of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/distances.py"


rule between_distances:
    input:
        lambda wildcards: layer_diagrams(wildcards)["paths"],
    output:
        BETWEEN_DISTANCES,
    log:
        "results/logs/distances/{dataset}/layer{layer}/{split}/{cloud}.log",
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: between_resources(wildcards, attempt)[0],
        runtime=lambda wildcards, attempt: between_resources(wildcards, attempt)[1],
    params:
        cells=lambda wildcards: layer_diagrams(wildcards)["cells"],
        provenances=lambda wildcards: layer_diagrams(wildcards)["provenances"],
        code=code("distances"),
    message:
        "Distances between the networks on {wildcards.dataset}, layer {wildcards.layer}, {wildcards.split}, cloud {wildcards.cloud}"
    script:
        "../scripts/distances.py"


rule summary_table:
    input:
        tables=[f"{STATISTICS}.csv".format(**vars(run)) for run in CONFIG.trainings()],
        arrays=[f"{STATISTICS}.h5".format(**vars(run)) for run in CONFIG.trainings()],
    output:
        "results/tables/summaries.csv",
    log:
        "results/logs/tables/summaries.log",
    conda:
        "../../envs/figures.yaml"
    params:
        rows=lambda wildcards: [summary_rows(cells) for cells in run_cells().values()],
        provenances=[CONFIG.statistics_settings(**vars(run)) for run in CONFIG.trainings()],
        code=code("summary_table"),
    message:
        "Table of summaries of the diagrams"
    script:
        "../scripts/summary_table.py"


rule distance_table:
    input:
        lambda wildcards: list(distance_cells()),
    output:
        "results/tables/distances.csv",
    log:
        "results/logs/tables/distances.log",
    conda:
        "../../envs/figures.yaml"
    params:
        cells=lambda wildcards: [[vars(cell) for cell in cells] for cells in distance_cells().values()],
        dimensions=CONFIG.homology.dimensions,
        code=code("distance_table"),
    message:
        "Table of distances between the diagrams"
    script:
        "../scripts/distance_table.py"


rule claims:
    input:
        datasets="results/tables/datasets.csv",
        accuracy="results/tables/accuracy.csv",
        summaries="results/tables/summaries.csv",
        distances="results/tables/distances.csv",
    output:
        "results/tables/claims.csv",
    log:
        "results/logs/tables/claims.log",
    conda:
        "../../envs/figures.yaml"
    params:
        cloud=claims_cloud("random"),
        distinct=claims_cloud("distinct"),
        populations=CONFIG.populations(),
        rows=lambda wildcards: table_rows(),
        hidden_layers={name: len(model.hidden) for name, model in CONFIG.models.items()},
        code=code("claims"),
    message:
        "Hold the claims of the original study against the tables"
    script:
        "../scripts/claims.py"
