"""Table of summaries of the diagrams of all training runs."""

from layertopo import tables
from layertopo.analysis import run_statistics
from layertopo.joblog import job_log
from layertopo.training import history

with job_log(snakemake.log[0]):
    params = snakemake.params
    table = run_statistics.summary_table(params.tables, params.statistics)
    tables.write_csv(history.with_numbers(table, params.histories), snakemake.output[0])
