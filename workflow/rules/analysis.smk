ALL_DIAGRAMS = diagram_inputs(CONFIG.diagrams())
LAST_DIAGRAMS = diagram_inputs(
    [cell for cell in CONFIG.diagrams() if cell.epoch == max(CONFIG.analysis.epochs)]
)


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


rule summary_table:
    input:
        ALL_DIAGRAMS["paths"],
    output:
        "results/tables/summaries.csv",
    log:
        "results/logs/tables/summaries.log",
    conda:
        "../../envs/figures.yaml"
    params:
        cells=ALL_DIAGRAMS["cells"],
        provenances=ALL_DIAGRAMS["provenances"],
        code=code("summary_table"),
    message:
        "Table of summaries of the diagrams"
    script:
        "../scripts/summary_table.py"


rule distance_table:
    input:
        LAST_DIAGRAMS["paths"],
    output:
        "results/tables/distances.csv",
    log:
        "results/logs/tables/distances.log",
    conda:
        "../../envs/topology.yaml"
    params:
        cells=LAST_DIAGRAMS["cells"],
        provenances=LAST_DIAGRAMS["provenances"],
        code=code("distance_table"),
    message:
        "Table of distances between the diagrams of different training runs"
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
        rows=TABLE_ROWS,
        hidden_layers={name: len(model.hidden) for name, model in CONFIG.models.items()},
        code=code("claims"),
    message:
        "Hold the claims of the original study against the tables"
    script:
        "../scripts/claims.py"
