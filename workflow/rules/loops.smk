# Loops one by one: these rules are there only where the configuration asks for them.
rule loops:
    input:
        lambda wildcards: paths(OUTPUTS.sources_of_loops(run_of(wildcards))),
    output:
        LOOPS,
    log:
        "results/logs/loops/{dataset}/{model}/seed{seed}.log",
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: REQUESTS.loops(wildcards, attempt).megabytes,
        runtime=lambda wildcards, attempt: REQUESTS.loops(wildcards, attempt).minutes,
    params:
        diagrams=lambda wildcards: OUTPUTS.loop_diagrams(run_of(wildcards)),
        activations=lambda wildcards: OUTPUTS.loop_activations(run_of(wildcards)),
        data=lambda wildcards: OUTPUTS.dataset(wildcards.dataset),
        statistics=lambda wildcards: OUTPUTS.statistics(run_of(wildcards)),
        settings=lambda wildcards: OUTPUTS.loops(run_of(wildcards)).provenance,
        top=CONFIG.loops.top,
        code=code("loops"),
    message:
        "Loops of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/loops.py"


rule loop_tables:
    input:
        [OUTPUTS.loops(run).path for run in OUTPUTS.loop_runs],
    output:
        [TABLE.format(table=name) for name in LOOP_TABLES],
    log:
        "results/logs/tables/loops.log",
    conda:
        "../../envs/figures.yaml"
    params:
        runs=[OUTPUTS.loops(run) for run in OUTPUTS.loop_runs],
        diagrams=lambda wildcards: [OUTPUTS.loop_keys(run) for run in OUTPUTS.loop_runs],
        code=code("loop_tables"),
    message:
        "Tables of loops"
    script:
        "../scripts/loop_tables.py"
