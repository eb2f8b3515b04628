"""Table of the data sets."""

from layertopo import tables, tidy
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    table = tables.dataset_table(snakemake.input, snakemake.params.cells, snakemake.params.provenances)
    tidy.write_csv(table, snakemake.output[0])
