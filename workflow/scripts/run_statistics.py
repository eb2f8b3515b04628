"""Statistics of the diagrams of one training run."""

from layertopo import tables
from layertopo.analysis import run_statistics as statistics
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    params = snakemake.params
    table, arrays = statistics.run_statistics(
        snakemake.input, params.cells, params.provenances, params.betti_scales
    )
    statistics.save(arrays, snakemake.output.arrays, params.settings, snakemake.input)
    tables.write_csv(table, snakemake.output.table)
