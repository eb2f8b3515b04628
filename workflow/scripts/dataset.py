"""Make one data set."""

from layertopo.data import dataset as data
from layertopo.joblog import job_log

with job_log(snakemake.log[0]) as log:
    settings = snakemake.params.settings
    dataset = data.make(settings["dataset"])
    log.info("%d rows, %d for training, %d for test", len(dataset.X), len(dataset.train), len(dataset.test))
    data.save(dataset, snakemake.output[0], settings)
