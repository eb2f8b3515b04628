"""Run a saved Keras model, as it was after an epoch of its training here, and keep what the layers give that are analysed."""

from layertopo.data import dataset
from layertopo.joblog import job_log
from layertopo.training import networks, retraining, saved_outputs

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    weights = networks.load_epoch(snakemake.input.weights, snakemake.params.upstream, settings["epoch"])
    saved_outputs.save_outputs(
        retraining.at_epoch(snakemake.params.file, settings["model"], weights),
        snakemake.params.file,
        dataset.load(snakemake.input.dataset, {"dataset": settings["dataset"]}),
        settings["layers"],
        snakemake.output[0],
        settings,
    )
