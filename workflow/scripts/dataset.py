"""Make one data set."""

from layertopo.data import dataset, kinds
from layertopo.joblog import job_log

with job_log(snakemake.log[0]) as log:
    settings = snakemake.params.settings
    made = kinds.make(settings["dataset"], snakemake.params.file)
    log.info("%d rows, %d for training, %d for test", len(made.X), len(made.train), len(made.test))
    dataset.save(made, snakemake.output[0], settings)
