# A rule for each job of the catalogue (layertopo.figures.catalogue), which draws one or several kinds of figures.
for job, kinds in JOBS.items():

    rule:
        name:
            f"figure_{job}"
        input:
            lambda wildcards, job=job: PICTURES.inputs(job, wildcards),
        output:
            **{
                kind.name: [
                    report(
                        f"{stem(kind)}.png",
                        caption=f"../report/{kind.name}.rst",
                        category=kind.category,
                        subcategory=kind.subcategory,
                        labels=dict(kind.labels),
                    ),
                    *[f"{stem(kind)}.{form}" for form in PICTURES.formats if form != "png"],
                ]
                for kind in kinds
            },
        log:
            f"results/logs/figures/{{dataset}}/{kinds[0].path}.log",
        conda:
            "../../envs/figures.yaml"
        params:
            job=job,
            sources=lambda wildcards, job=job: PICTURES.sources(job, wildcards),
            dpi=CONFIG.figures.dpi,
            code=code("figure", f"layertopo.figures.{job}"),
        message:
            "Draw {output[0]}"
        script:
            "../scripts/figure.py"


rule report:
    input:
        figures=lambda wildcards: [f"{picture.stem}.png" for picture in PICTURES.all],
        tables=[TABLE.format(table=name) for name in OUTPUTS.shown_tables],
        results=[each.path for each in OUTPUTS.versioned()],
        diagrams=lambda wildcards: paths(OUTPUTS.drawn_diagrams),
        loops=lambda wildcards: [loops.path for loops, _ in OUTPUTS.drawn_loops],
    output:
        REPORT,
    log:
        "results/logs/report.log",
    conda:
        "../../envs/figures.yaml"
    params:
        pictures=lambda wildcards: [tuple(picture) for picture in PICTURES.all],
        diagrams=lambda wildcards: OUTPUTS.drawn_diagrams,
        statistics=[OUTPUTS.statistics(run) for run in OUTPUTS.drawn_runs],
        loops=lambda wildcards: OUTPUTS.drawn_loops,
        datasets=[OUTPUTS.dataset(name) for name in CONFIG.datasets],
        tables=lambda wildcards: OUTPUTS.keyed_tables(*OUTPUTS.shown_tables),
        captions={kind: caption(kind) for kind in KINDS},
        config=CONFIG.model_dump(),
        last_epochs=EXPERIMENT.last_epochs(),
        hidden=EXPERIMENT.hidden_in_words(),
        populations=EXPERIMENT.populations(),
        code=code("report", *STUDY),
    message:
        "Report"
    script:
        "../scripts/report.py"
