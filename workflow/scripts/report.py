"""The report."""

from layertopo import report, storage, tables
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
        versions=report.library_versions(snakemake.input.results),
        config=snakemake.params.config,
    )
    with storage.whole_file(snakemake.output[0]) as part:
        part.write_text(page, encoding="utf-8")
