rule dataset_table:
    input:
        expand(DATASET, dataset=CONFIG.datasets),
    output:
        TABLE.format(table="datasets"),
    log:
        "results/logs/tables/datasets.log",
    conda:
        "../../envs/figures.yaml"
    params:
        datasets=[OUTPUTS.dataset(name) for name in CONFIG.datasets],
        code=code("dataset_table"),
    message:
        "Table of the data sets"
    script:
        "../scripts/dataset_table.py"


rule network_table:
    input:
        # Of these it shows their coordinates only, which the configuration says; but a table that was copied here
        # without its record is made anew by its time, and for that there must be something it is older than.
        expand(DATASET, dataset=CONFIG.datasets),
    output:
        TABLE.format(table="networks"),
    log:
        "results/logs/tables/networks.log",
    conda:
        "../../envs/figures.yaml"
    params:
        networks=OUTPUTS.networks(),
        code=code("network_table"),
    message:
        "Table of the networks' layers"
    script:
        "../scripts/network_table.py"


rule accuracy_table:
    input:
        [history.path for history in OUTPUTS.histories(OUTPUTS.runs) if history.path],
    output:
        TABLE.format(table="accuracy"),
    log:
        "results/logs/tables/accuracy.log",
    conda:
        "../../envs/figures.yaml"
    params:
        histories=OUTPUTS.histories(OUTPUTS.runs),
        code=code("accuracy_table"),
    message:
        "Table of losses and accuracies"
    script:
        "../scripts/accuracy_table.py"


rule confusion_table:
    input:
        [network.activations.path for network in OUTPUTS.judged()],
        [history.path for history in OUTPUTS.ended_histories()],
    output:
        TABLE.format(table="confusion"),
    log:
        "results/logs/tables/confusion.log",
    conda:
        "../../envs/figures.yaml"
    params:
        networks=OUTPUTS.judged(),
        histories=OUTPUTS.ended_histories(),
        code=code("confusion_table"),
    message:
        "Table of which classes are taken for which"
    script:
        "../scripts/confusion_table.py"


rule statistics:
    input:
        lambda wildcards: paths(OUTPUTS.run_diagrams(run_of(wildcards))),
    output:
        table=f"{STATISTICS}.csv",
        arrays=f"{STATISTICS}.h5",
    log:
        "results/logs/statistics/{dataset}/{model}/seed{seed}.log",
    conda:
        "../../envs/topology.yaml"
    params:
        diagrams=lambda wildcards: OUTPUTS.run_diagrams(run_of(wildcards)),
        settings=lambda wildcards: OUTPUTS.statistics(run_of(wildcards)).provenance,
        betti_scales=CONFIG.analysis.betti_scales,
        code=code("run_statistics"),
    message:
        "Statistics of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/run_statistics.py"


rule run_distances:
    input:
        lambda wildcards: paths(OUTPUTS.compared_diagrams(run_of(wildcards))),
    output:
        RUN_DISTANCES,
    log:
        "results/logs/distances/{dataset}/{model}/seed{seed}.log",
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: REQUESTS.within(wildcards, attempt).megabytes,
        runtime=lambda wildcards, attempt: REQUESTS.within(wildcards, attempt).minutes,
    params:
        diagrams=lambda wildcards: OUTPUTS.compared_diagrams(run_of(wildcards)),
        code=code("distances"),
    message:
        "Distances between the diagrams of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/distances.py"


rule between_distances:
    input:
        lambda wildcards: paths(OUTPUTS.layer_diagrams(place_of(wildcards))),
    output:
        BETWEEN_DISTANCES,
    log:
        "results/logs/distances/{dataset}/layer{layer}/{split}/{cloud}.log",
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: REQUESTS.between(wildcards, attempt).megabytes,
        runtime=lambda wildcards, attempt: REQUESTS.between(wildcards, attempt).minutes,
    params:
        diagrams=lambda wildcards: OUTPUTS.layer_diagrams(place_of(wildcards)),
        code=code("distances"),
    message:
        "Distances between the networks on {wildcards.dataset}, layer {wildcards.layer}, {wildcards.split}, cloud {wildcards.cloud}"
    script:
        "../scripts/distances.py"


rule summary_table:
    input:
        [f"{STATISTICS}.csv".format(**run.key) for run in OUTPUTS.runs],
        [OUTPUTS.statistics(run).path for run in OUTPUTS.runs],
        [history.path for history in OUTPUTS.ended_histories()],
    output:
        TABLE.format(table="summaries"),
    log:
        "results/logs/tables/summaries.log",
    conda:
        "../../envs/figures.yaml"
    params:
        statistics=[OUTPUTS.statistics(run) for run in OUTPUTS.runs],
        tables=lambda wildcards: [OUTPUTS.run_summaries(run) for run in OUTPUTS.runs],
        histories=OUTPUTS.ended_histories(),
        code=code("summary_table"),
    message:
        "Table of summaries of the diagrams"
    script:
        "../scripts/summary_table.py"


rule distance_table:
    input:
        lambda wildcards: list(OUTPUTS.distances),
    output:
        TABLE.format(table="distances"),
    log:
        "results/logs/tables/distances.log",
    conda:
        "../../envs/figures.yaml"
    params:
        distances=lambda wildcards: OUTPUTS.distances,
        dimensions={
            name: dimensions(CONFIG, name) for name, cloud in CONFIG.clouds.items() if cloud.scale is None
        },
        code=code("distance_table"),
    message:
        "Table of distances between the diagrams"
    script:
        "../scripts/distance_table.py"


rule claims:
    input:
        datasets=TABLE.format(table="datasets"),
        accuracy=TABLE.format(table="accuracy"),
        summaries=TABLE.format(table="summaries"),
        distances=TABLE.format(table="distances"),
    output:
        TABLE.format(table="claims"),
    log:
        "results/logs/tables/claims.log",
    conda:
        "../../envs/figures.yaml"
    params:
        study=CONFIG.study,
        tables=lambda wildcards: OUTPUTS.keyed_tables("datasets", "accuracy", "summaries", "distances"),
        clouds={name: cloud.model_dump() for name, cloud in CONFIG.clouds.items()},
        populations=EXPERIMENT.populations(),
        last_epochs=EXPERIMENT.last_epochs(),
        hidden_layers={name: model.last_layer - 1 for name, model in CONFIG.models.items()},
        code=code("claims", *STUDY),
    message:
        "Hold the claims of the study against the tables"
    script:
        "../scripts/claims.py"
