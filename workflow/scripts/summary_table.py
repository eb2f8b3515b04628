"""Table of summaries of the diagrams of all training runs."""

from layertopo import tables
from layertopo.analysis import run_statistics
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    table = run_statistics.summary_table(snakemake.params.tables, snakemake.params.statistics)
    tables.write_csv(table, snakemake.output[0])
