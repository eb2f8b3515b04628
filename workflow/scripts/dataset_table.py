"""Table of the data sets."""

from layertopo import tables
from layertopo.data import dataset as data
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    table = data.dataset_table(snakemake.input, snakemake.params.cells, snakemake.params.provenances)
    tables.write_csv(table, snakemake.output[0])
