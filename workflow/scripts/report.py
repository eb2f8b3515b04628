"""The report."""

import os.path

from layertopo import storage, tables
from layertopo.joblog import job_log
from layertopo.report import page as report
from layertopo.report import viewer

with job_log(snakemake.log[0]):
    folder = os.path.dirname(snakemake.output[0])
    sources = zip(snakemake.params.sources, snakemake.input.figures, strict=True)
    networks = [(run["dataset"], run["model"], run["seed"]) for run in snakemake.params.runs]
    page = report.render(
        pictures=[
            report.Picture(source["kind"], source["key"], path, os.path.relpath(path, folder))
            for source, path in sources
        ],
        captions=snakemake.params.captions,
        tables={
            name: tables.read_csv(snakemake.input[name], snakemake.params.rows.get(name))
            for name in ("datasets", "accuracy", "summaries", "claims")
        },
        versions=report.library_versions(snakemake.input.results),
        config=snakemake.params.config,
        populations=snakemake.params.populations,
        viewer=viewer.collect(
            snakemake.input.diagrams,
            snakemake.params.cells,
            snakemake.params.provenances,
            dict(zip(networks, snakemake.input.statistics, strict=True)),
        ),
    )
    with storage.whole_file(snakemake.output[0]) as part:
        part.write_text(page, encoding="utf-8")
