"""The report."""

from layertopo import storage, tables
from layertopo.data import dataset
from layertopo.joblog import job_log
from layertopo.report import page, viewer

with job_log(snakemake.log[0]):
    params = snakemake.params
    text = page.render(
        pictures=[page.Picture.below(snakemake.output[0], *picture) for picture in params.pictures],
        captions=params.captions,
        tables={name: tables.read(table) for name, table in params.tables.items()},
        first_rows={
            each.key["dataset"]: dataset.first_rows(each.path, each.provenance) for each in params.datasets
        },
        versions=page.library_versions(snakemake.input.results),
        config=params.config,
        last_epochs=params.last_epochs,
        hidden=params.hidden,
        populations=params.populations,
        viewer=viewer.collect(params.diagrams, params.statistics, params.loops),
    )
    with storage.whole_file(snakemake.output[0]) as part:
        part.write_text(text, encoding="utf-8")
