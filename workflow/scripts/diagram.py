"""Persistence diagrams of one epoch's activations: one of them, or all."""

from layertopo.joblog import job_log
from layertopo.topology import diagrams

with job_log(snakemake.log[0]) as log:
    for stored in snakemake.params.diagrams:
        diagram = diagrams.compute(
            snakemake.input[0], snakemake.params.upstream, stored.provenance, snakemake.threads
        )
        log.info(
            "layer %d, %s, %d of %d rows, %d distinct, engine %s %s; bars: %s",
            stored.key["layer"],
            stored.key["split"],
            diagram.n_points,
            diagram.sample["n_rows"],
            diagram.n_distinct,
            diagram.engine,
            diagram.engine_version,
            ", ".join(f"{len(bars)} in H{dimension}" for dimension, bars in diagram.bars.items()),
        )
        diagrams.save(diagram, stored.path, stored.provenance)
