"""Persistence diagrams of one epoch's activations: one of them, or all."""

from layertopo.joblog import job_log, now_and_then
from layertopo.topology import diagrams

with job_log(snakemake.log[0]) as log:
    say = now_and_then(log.info)

    def progress(dead, born):
        """Tell the log how far the diagram is."""
        say("%d of %d loops have died", dead, born)

    for stored in snakemake.params.diagrams:
        diagram = diagrams.compute(
            snakemake.input[0],
            snakemake.params.upstream,
            stored.provenance,
            snakemake.threads,
            snakemake.resources.engine_mb,
            progress,
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
