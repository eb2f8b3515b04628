from itertools import product

if CONFIG.analysis.batch == "diagram":

    rule diagram:
        input:
            ACTIVATIONS,
        output:
            DIAGRAM,
        log:
            "results/logs/diagrams/{dataset}/{model}/seed{seed}/epoch{epoch}/layer{layer}/{split}/{cloud}.log",
        benchmark:
            "results/benchmarks/diagrams/{dataset}/{model}/seed{seed}/epoch{epoch}/layer{layer}/{split}/{cloud}.tsv"
        conda:
            "../../envs/topology.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: REQUESTS.diagram(wildcards, attempt).megabytes,
            runtime=lambda wildcards, attempt: REQUESTS.diagram(wildcards, attempt).minutes,
            engine_mb=lambda wildcards, attempt: REQUESTS.diagram(wildcards, attempt).engine,
        params:
            diagrams=lambda wildcards: [OUTPUTS.diagram(cell_of(wildcards))],
            upstream=lambda wildcards: OUTPUTS.activations(
                run_of(wildcards), epoch_of(wildcards.epoch)
            ).provenance,
            code=code("diagram"),
        message:
            "Diagram of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}, epoch {wildcards.epoch}, layer {wildcards.layer}, {wildcards.split}, cloud {wildcards.cloud}"
        script:
            "../scripts/diagram.py"

else:
    # Which files there are of an epoch depends on the layers of the network, and on the classes of the data where these
    # are apart: where networks or data sets differ in these, there is a rule for each choice.
    BY_LAYERS, BY_CLOUDS = OUTPUTS.models_by_layers(), OUTPUTS.datasets_by_clouds()
    for (layers, models), (number, (clouds, datasets)) in product(
        BY_LAYERS.items(), enumerate(BY_CLOUDS.items())
    ):

        rule:
            name:
                "_".join(
                    [
                        "diagram",
                        *map(str, layers if len(BY_LAYERS) > 1 else ()),
                        *([f"clouds{number}"] if len(BY_CLOUDS) > 1 else []),
                    ]
                )
            input:
                ACTIVATIONS,
            output:
                expand(
                    DIAGRAM,
                    layer=layers,
                    split=CONFIG.analysis.splits,
                    cloud=clouds,
                    allow_missing=True,
                ),
            log:
                "results/logs/diagrams/{dataset}/{model}/seed{seed}/epoch{epoch}.log",
            benchmark:
                "results/benchmarks/diagrams/{dataset}/{model}/seed{seed}/epoch{epoch}.tsv"
            wildcard_constraints:
                dataset=one_of(datasets),
                model=one_of(models),
            group:
                "diagrams"
            conda:
                "../../envs/topology.yaml"
            threads: 1
            resources:
                mem_mb=lambda wildcards, attempt: REQUESTS.batch(wildcards, attempt).megabytes,
                runtime=lambda wildcards, attempt: REQUESTS.batch(wildcards, attempt).minutes,
                engine_mb=lambda wildcards, attempt: REQUESTS.batch(wildcards, attempt).engine,
            params:
                diagrams=lambda wildcards: OUTPUTS.epoch_diagrams(
                    run_of(wildcards), epoch_of(wildcards.epoch)
                ),
                upstream=lambda wildcards: OUTPUTS.activations(
                    run_of(wildcards), epoch_of(wildcards.epoch)
                ).provenance,
                code=code("diagram"),
            message:
                "Diagrams of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}, epoch {wildcards.epoch}"
            script:
                "../scripts/diagram.py"
