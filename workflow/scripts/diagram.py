"""Persistence diagrams of one epoch's activations: one of them, or all."""

from layertopo.joblog import job_log
from layertopo.topology import diagrams

with job_log(snakemake.log[0]) as log:
    for path, settings in zip(snakemake.output, snakemake.params.settings, strict=True):
        diagram = diagrams.compute(snakemake.input[0], snakemake.params.upstream, settings, snakemake.threads)
        log.info(
            "layer %d, %s, %d of %d rows, %d distinct, engine %s %s; bars: %s",
            settings["layer"],
            settings["split"],
            diagram.n_points,
            diagram.sample["n_rows"],
            diagram.n_distinct,
            diagram.engine,
            diagram.engine_version,
            ", ".join(f"{len(bars)} in H{dimension}" for dimension, bars in diagram.bars.items()),
        )
        diagrams.save(diagram, path, settings)
