"""Persistence diagram of one layer's activations."""

from layertopo import diagrams
from layertopo.joblog import job_log

with job_log(snakemake.log[0]) as log:
    settings = snakemake.params.settings
    diagram = diagrams.compute(snakemake.input[0], snakemake.params.upstream, settings, snakemake.threads)
    log.info(
        "%d of %d rows, %d distinct, engine %s %s; bars: %s",
        diagram.n_points,
        diagram.sample["n_rows"],
        diagram.n_distinct,
        diagram.engine,
        diagram.engine_version,
        ", ".join(f"{len(bars)} in H{dimension}" for dimension, bars in diagram.bars.items()),
    )
    diagrams.save(diagram, snakemake.output[0], settings)
