rule figure_data:
    input:
        DATASET,
    output:
        report(
            f"{DATA_FIGURE}.png",
            caption="../report/data.rst",
            category="Data and training",
            subcategory="{dataset}",
            labels={"figure": "data"},
        ),
        expand(f"{DATA_FIGURE}.{{form}}", form=OTHER_FORMATS, allow_missing=True),
    log:
        "results/logs/figures/{dataset}/data.log",
    conda:
        "../../envs/figures.yaml"
    params:
        settings=settings_of("dataset"),
        dpi=CONFIG.figures.dpi,
        code=code("figure_data"),
    message:
        "Figure of data set {wildcards.dataset}"
    script:
        "../scripts/figure_data.py"


rule figure_training:
    input:
        dataset=DATASET,
        histories=lambda wildcards: runs_of(wildcards.dataset)["paths"],
    output:
        report(
            f"{TRAINING_FIGURE}.png",
            caption="../report/training.rst",
            category="Data and training",
            subcategory="{dataset}",
            labels={"figure": "training"},
        ),
        expand(f"{TRAINING_FIGURE}.{{form}}", form=OTHER_FORMATS, allow_missing=True),
    log:
        "results/logs/figures/{dataset}/training.log",
    conda:
        "../../envs/figures.yaml"
    params:
        settings=settings_of("dataset"),
        cells=lambda wildcards: runs_of(wildcards.dataset)["cells"],
        epochs=CONFIG.training.epochs,
        dpi=CONFIG.figures.dpi,
        code=code("figure_training"),
    message:
        "Figure of the training on {wildcards.dataset}"
    script:
        "../scripts/figure_training.py"


rule figure_diagrams:
    input:
        diagrams=lambda wildcards: panels(wildcards)["paths"],
        histories=lambda wildcards: panels(wildcards)["histories"],
    output:
        absolute=[
            report(
                f"{DIAGRAM_FIGURE}.png",
                caption="../report/diagrams.rst",
                category="Persistence diagrams",
                subcategory="{dataset}, seed {seed}",
                labels={"cloud": "{cloud}", "layer": "{layer}", "rows": "{split}", "scale": "absolute"},
            ),
            *expand(f"{DIAGRAM_FIGURE}.{{form}}", form=OTHER_FORMATS, allow_missing=True),
        ],
        scaled=[
            report(
                f"{DIAGRAM_FIGURE}_scaled.png",
                caption="../report/diagrams_scaled.rst",
                category="Persistence diagrams",
                subcategory="{dataset}, seed {seed}",
                labels={"cloud": "{cloud}", "layer": "{layer}", "rows": "{split}", "scale": "scale-free"},
            ),
            *expand(f"{DIAGRAM_FIGURE}_scaled.{{form}}", form=OTHER_FORMATS, allow_missing=True),
        ],
        density=[
            report(
                f"{DIAGRAM_FIGURE}_density.png",
                caption="../report/diagrams_density.rst",
                category="Persistence diagrams",
                subcategory="{dataset}, seed {seed}",
                labels={"cloud": "{cloud}", "layer": "{layer}", "rows": "{split}", "scale": "density"},
            ),
            *expand(f"{DIAGRAM_FIGURE}_density.{{form}}", form=OTHER_FORMATS, allow_missing=True),
        ],
    log:
        "results/logs/figures/{dataset}/seed{seed}/{cloud}/layer{layer}_{split}.log",
    conda:
        "../../envs/figures.yaml"
    params:
        cells=lambda wildcards: panels(wildcards)["cells"],
        provenances=lambda wildcards: panels(wildcards)["provenances"],
        epochs=CONFIG.training.epochs,
        dpi=CONFIG.figures.dpi,
        code=code("figure_diagrams"),
    message:
        "Figures of the diagrams on {wildcards.dataset}, seed {wildcards.seed}, layer {wildcards.layer}, {wildcards.split}, cloud {wildcards.cloud}"
    script:
        "../scripts/figure_diagrams.py"


rule figure_trajectories:
    input:
        accuracy="results/tables/accuracy.csv",
        summaries="results/tables/summaries.csv",
    output:
        report(
            f"{TRAJECTORY_FIGURE}.png",
            caption="../report/trajectories.rst",
            category="All runs",
            subcategory="{dataset}",
            labels={"figure": "summaries by {along}", "cloud": "{cloud}", "rows": "{split}"},
        ),
        expand(f"{TRAJECTORY_FIGURE}.{{form}}", form=OTHER_FORMATS, allow_missing=True),
    log:
        "results/logs/figures/{dataset}/runs/{cloud}/{split}_by_{along}.log",
    conda:
        "../../envs/figures.yaml"
    params:
        population=population,
        dpi=CONFIG.figures.dpi,
        code=code("figure_trajectories"),
    message:
        "Figure of summaries by {wildcards.along} on {wildcards.dataset}, {wildcards.split}, cloud {wildcards.cloud}"
    script:
        "../scripts/figure_trajectories.py"


rule figure_betti:
    input:
        accuracy="results/tables/accuracy.csv",
        statistics=lambda wildcards: betti_inputs(wildcards)["paths"],
    output:
        report(
            f"{BETTI_FIGURE}.png",
            caption="../report/betti.rst",
            category="All runs",
            subcategory="{dataset}",
            labels={"figure": "Betti number {dimension}", "cloud": "{cloud}", "rows": "{split}"},
        ),
        expand(f"{BETTI_FIGURE}.{{form}}", form=OTHER_FORMATS, allow_missing=True),
    log:
        "results/logs/figures/{dataset}/runs/{cloud}/{split}_betti{dimension}.log",
    conda:
        "../../envs/figures.yaml"
    params:
        population=population,
        runs=lambda wildcards: betti_inputs(wildcards)["runs"],
        cells=lambda wildcards: betti_inputs(wildcards)["cells"],
        dpi=CONFIG.figures.dpi,
        code=code("figure_betti"),
    message:
        "Figure of Betti number {wildcards.dimension} on {wildcards.dataset}, {wildcards.split}, cloud {wildcards.cloud}"
    script:
        "../scripts/figure_betti.py"


rule figure_networks:
    input:
        accuracy="results/tables/accuracy.csv",
        distances="results/tables/distances.csv",
    output:
        report(
            f"{NETWORK_FIGURE}.png",
            caption="../report/networks.rst",
            category="All runs",
            subcategory="{dataset}",
            labels={"figure": "networks, {distance}", "cloud": "{cloud}", "rows": "{split}"},
        ),
        expand(f"{NETWORK_FIGURE}.{{form}}", form=OTHER_FORMATS, allow_missing=True),
    log:
        "results/logs/figures/{dataset}/runs/{cloud}/{split}_networks_{distance}.log",
    conda:
        "../../envs/figures.yaml"
    params:
        population=population,
        dpi=CONFIG.figures.dpi,
        code=code("figure_networks"),
    message:
        "Figure of distances between networks ({wildcards.distance}) on {wildcards.dataset}, {wildcards.split}, cloud {wildcards.cloud}"
    script:
        "../scripts/figure_networks.py"


rule figure_moved:
    input:
        accuracy="results/tables/accuracy.csv",
        distances="results/tables/distances.csv",
    output:
        report(
            f"{MOVED_FIGURE}.png",
            caption="../report/moved.rst",
            category="All runs",
            subcategory="{dataset}",
            labels={"figure": "distances within networks", "cloud": "{cloud}", "rows": "{split}"},
        ),
        expand(f"{MOVED_FIGURE}.{{form}}", form=OTHER_FORMATS, allow_missing=True),
    log:
        "results/logs/figures/{dataset}/runs/{cloud}/{split}_moved.log",
    conda:
        "../../envs/figures.yaml"
    params:
        population=population,
        dpi=CONFIG.figures.dpi,
        code=code("figure_moved"),
    message:
        "Figure of distances within networks on {wildcards.dataset}, {wildcards.split}, cloud {wildcards.cloud}"
    script:
        "../scripts/figure_moved.py"


rule report:
    input:
        figures=lambda wildcards: [f"{figure['stem']}.png" for figure in figure_sources()],
        datasets="results/tables/datasets.csv",
        accuracy="results/tables/accuracy.csv",
        summaries="results/tables/summaries.csv",
        claims="results/tables/claims.csv",
        results=[
            *expand(DATASET, dataset=CONFIG.datasets),
            *[f"{RUN}/weights.h5".format(**vars(run)) for run in CONFIG.trainings()],
            *[f"{STATISTICS}.h5".format(**vars(run)) for run in CONFIG.trainings()],
        ],
        diagrams=lambda wildcards: drawn_diagrams()["paths"],
        statistics=[f"{STATISTICS}.h5".format(**vars(run)) for run in drawn_runs()],
    output:
        "results/report.html",
    log:
        "results/logs/report.log",
    conda:
        "../../envs/figures.yaml"
    params:
        sources=lambda wildcards: figure_sources(),
        runs=[vars(run) for run in drawn_runs()],
        cells=lambda wildcards: drawn_diagrams()["cells"],
        provenances=lambda wildcards: drawn_diagrams()["provenances"],
        captions=lambda wildcards: captions(),
        config=CONFIG.model_dump(),
        populations=CONFIG.populations(),
        rows=lambda wildcards: table_rows(),
        code=code("report"),
    message:
        "Report"
    script:
        "../scripts/report.py"
