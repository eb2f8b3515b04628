"""Table of summaries of the diagrams of all training runs."""

from layertopo import tables
from layertopo.analysis import run_statistics as statistics
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    table = statistics.summary_table(
        snakemake.input.tables, snakemake.input.arrays, snakemake.params.rows, snakemake.params.provenances
    )
    tables.write_csv(table, snakemake.output[0])
