"""Table of which classes every network takes for which."""

from layertopo import tables
from layertopo.joblog import job_log
from layertopo.training import confusion, history

with job_log(snakemake.log[0]):
    params = snakemake.params
    table = confusion.confusion_table(params.networks)
    tables.write_csv(history.with_numbers(table, params.histories), snakemake.output[0])
