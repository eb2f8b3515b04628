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
        mem_mb=lambda wildcards, attempt: diagram_resources(wildcards, attempt)[0],
        runtime=lambda wildcards, attempt: diagram_resources(wildcards, attempt)[1],
    params:
        settings=settings_of("diagram"),
        upstream=settings_of("activation"),
        code=code("diagram"),
    message:
        "Diagram of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}, epoch {wildcards.epoch}, layer {wildcards.layer}, {wildcards.split}, cloud {wildcards.cloud}"
    script:
        "../scripts/diagram.py"
