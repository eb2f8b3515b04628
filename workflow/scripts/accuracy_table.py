"""Table of losses and accuracies of every training run."""

from layertopo import tables
from layertopo.joblog import job_log
from layertopo.training import history

with job_log(snakemake.log[0]):
    table = history.accuracy_table(snakemake.params.histories)
    tables.write_csv(table, snakemake.output[0])
