"""Table of summaries of the diagrams."""

from layertopo import summaries, tables
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    table = summaries.summary_table(snakemake.input, snakemake.params.cells, snakemake.params.provenances)
    tables.write_csv(table, snakemake.output[0])
