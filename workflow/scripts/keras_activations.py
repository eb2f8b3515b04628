"""Run a saved Keras model on all rows, and keep what the layers give that are analysed."""

from layertopo.data import dataset
from layertopo.joblog import job_log
from layertopo.training import saved_outputs

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    saved_outputs.save(
        snakemake.params.file,
        dataset.load(snakemake.input[0], {"dataset": settings["dataset"]}),
        settings["layers"],
        snakemake.output[0],
        settings,
    )
