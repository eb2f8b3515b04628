"""Table of losses and accuracies of every training run."""

from layertopo import tables
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    table = tables.accuracy_table(snakemake.input, snakemake.params.cells, snakemake.params.epochs)
    tables.write_csv(table, snakemake.output[0])
