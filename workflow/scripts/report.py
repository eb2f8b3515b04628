"""The report."""

from layertopo import report, storage, tables, viewer
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    sources = zip(snakemake.params.sources, snakemake.input.figures, strict=True)
    page = report.render(
        pictures=[report.Picture(source["kind"], source["key"], path) for source, path in sources],
        captions=snakemake.params.captions,
        tables={
            name: tables.read_csv(snakemake.input[name], snakemake.params.rows.get(name))
            for name in ("datasets", "accuracy", "summaries", "claims")
        },
        versions=report.library_versions([*snakemake.input.results, *snakemake.input.diagrams]),
        config=snakemake.params.config,
        viewer=viewer.collect(snakemake.input.diagrams, snakemake.params.cells, snakemake.params.provenances),
    )
    with storage.whole_file(snakemake.output[0]) as part:
        part.write_text(page, encoding="utf-8")
