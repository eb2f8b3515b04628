"""Statistics of the diagrams of one training run."""

from layertopo import tables
from layertopo.analysis import run_statistics
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    params = snakemake.params
    table, arrays = run_statistics.run_statistics(params.diagrams, params.betti_scales)
    run_statistics.save(arrays, snakemake.output.arrays, params.settings, snakemake.input)
    tables.write_csv(table, snakemake.output.table)
