"""Take over what was recorded of an epoch: the layers that are analysed, checked."""

from layertopo.data import dataset
from layertopo.joblog import job_log
from layertopo.training import recorded

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    recorded.copy_epoch(
        snakemake.params.file,
        dataset.load(snakemake.input[0], {"dataset": settings["dataset"]}),
        settings["layers"],
        snakemake.output[0],
        settings,
    )
