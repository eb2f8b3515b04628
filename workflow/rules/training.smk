rule train:
    input:
        DATASET,
    output:
        model=f"{RUN}/model.keras",
        weights=f"{RUN}/weights.h5",
        history=f"{RUN}/history.csv",
    log:
        "results/logs/models/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "results/benchmarks/models/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model=one_of(OUTPUTS.models_of_kind(Dense)),
    conda:
        "../../envs/training.yaml"
    # One thread is fastest for networks of this size, and repeats its bits.
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: REQUESTS.training(wildcards, attempt).megabytes,
        runtime=lambda wildcards, attempt: REQUESTS.training(wildcards, attempt).minutes,
    params:
        settings=lambda wildcards: OUTPUTS.weights(run_of(wildcards)).provenance,
        code=code("train"),
    message:
        "Train {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/train.py"


rule retrain:
    input:
        DATASET,
    output:
        model=f"{RUN}/model.keras",
        weights=f"{RUN}/weights.h5",
        history=f"{RUN}/history.csv",
    log:
        "results/logs/models/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "results/benchmarks/models/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model=one_of(OUTPUTS.models_of_kind(Retrained)),
    conda:
        "../../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: REQUESTS.training(wildcards, attempt).megabytes,
        runtime=lambda wildcards, attempt: REQUESTS.training(wildcards, attempt).minutes,
    params:
        settings=lambda wildcards: OUTPUTS.weights(run_of(wildcards)).provenance,
        # Its content counts, as in the rule `dataset`.
        file=lambda wildcards, output: OUTPUTS.outside_file(run_of(wildcards)),
        code=code("retrain"),
    message:
        "Train saved {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/retrain.py"


rule activations:
    input:
        dataset=DATASET,
        weights=f"{RUN}/weights.h5",
    output:
        ACTIVATIONS,
    log:
        "results/logs/activations/{dataset}/{model}/seed{seed}/epoch{epoch}.log",
    wildcard_constraints:
        model=one_of(OUTPUTS.models_of_kind(Dense)),
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: REQUESTS.activations(wildcards, attempt).megabytes,
        runtime=lambda wildcards, attempt: REQUESTS.activations(wildcards, attempt).minutes,
    params:
        settings=lambda wildcards: OUTPUTS.activations(
            run_of(wildcards), epoch_of(wildcards.epoch)
        ).provenance,
        upstream=lambda wildcards: OUTPUTS.weights(run_of(wildcards)).provenance,
        code=code("activations"),
    message:
        "Activations of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}, epoch {wildcards.epoch}"
    script:
        "../scripts/activations.py"


rule retrained_activations:
    input:
        dataset=DATASET,
        weights=f"{RUN}/weights.h5",
    output:
        ACTIVATIONS,
    log:
        "results/logs/activations/{dataset}/{model}/seed{seed}/epoch{epoch}.log",
    wildcard_constraints:
        model=one_of(OUTPUTS.models_of_kind(Retrained)),
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: REQUESTS.outside_activations(wildcards, attempt).megabytes,
        runtime=lambda wildcards, attempt: REQUESTS.outside_activations(wildcards, attempt).minutes,
    params:
        settings=lambda wildcards: OUTPUTS.activations(
            run_of(wildcards), epoch_of(wildcards.epoch)
        ).provenance,
        upstream=lambda wildcards: OUTPUTS.weights(run_of(wildcards)).provenance,
        # Its content counts, as in the rule `dataset`.
        file=lambda wildcards, output: OUTPUTS.outside_file(run_of(wildcards)),
        code=code("retrained_activations"),
    message:
        "Activations of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}, epoch {wildcards.epoch}"
    script:
        "../scripts/retrained_activations.py"


rule recorded_activations:
    input:
        DATASET,
    output:
        ACTIVATIONS,
    log:
        "results/logs/activations/{dataset}/{model}/seed{seed}/epoch{epoch}.log",
    wildcard_constraints:
        model=one_of(OUTPUTS.models_of_kind(Recorded)),
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: REQUESTS.outside_activations(wildcards, attempt).megabytes,
        runtime=lambda wildcards, attempt: REQUESTS.outside_activations(wildcards, attempt).minutes,
    params:
        settings=lambda wildcards: OUTPUTS.activations(run_of(wildcards), int(wildcards.epoch)).provenance,
        # Its content counts, as in the rule `dataset`.
        file=lambda wildcards, output: OUTPUTS.outside_file(run_of(wildcards), int(wildcards.epoch)),
        code=code("recorded_activations"),
    message:
        "Recorded activations of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}, epoch {wildcards.epoch}"
    script:
        "../scripts/recorded_activations.py"


rule keras_activations:
    input:
        DATASET,
    output:
        ACTIVATIONS,
    log:
        "results/logs/activations/{dataset}/{model}/seed{seed}/epoch{epoch}.log",
    wildcard_constraints:
        model=one_of(OUTPUTS.models_of_kind(Saved)),
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: REQUESTS.outside_activations(wildcards, attempt).megabytes,
        runtime=lambda wildcards, attempt: REQUESTS.outside_activations(wildcards, attempt).minutes,
    params:
        settings=lambda wildcards: OUTPUTS.activations(run_of(wildcards), int(wildcards.epoch)).provenance,
        # Its content counts, as in the rule `dataset`.
        file=lambda wildcards, output: OUTPUTS.outside_file(run_of(wildcards), int(wildcards.epoch)),
        code=code("keras_activations"),
    message:
        "Activations of saved {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}, epoch {wildcards.epoch}"
    script:
        "../scripts/keras_activations.py"
