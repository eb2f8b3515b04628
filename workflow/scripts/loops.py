"""Loops of the diagrams of one training run, and what becomes of them in its other layers and epochs."""

from layertopo.analysis import loops, run_loops
from layertopo.data import dataset
from layertopo.joblog import job_log

with job_log(snakemake.log[0]) as log:
    params = snakemake.params
    data = dataset.load(params.data.path, params.data.provenance)
    found = run_loops.run_loops(
        params.diagrams, params.activations, data, params.statistics, params.top, log.info
    )
    loops.save(
        found,
        [diagram.key for diagram in params.diagrams],
        data.classes,
        snakemake.output[0],
        params.settings,
        sorted({*snakemake.input}),
    )
