"""Table of the data sets."""

from layertopo import tables
from layertopo.data import kinds
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    tables.write_csv(kinds.dataset_table(snakemake.params.datasets), snakemake.output[0])
