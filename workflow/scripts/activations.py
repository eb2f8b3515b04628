"""Run a network, as it was after one epoch, on all rows, and keep every layer's output."""

from layertopo import data, networks
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    dataset = data.load(snakemake.input.dataset, {"dataset": settings["dataset"]})
    weights = networks.load_epoch(snakemake.input.weights, snakemake.params.upstream, settings["epoch"])
    networks.extract(dataset, settings["model"], weights, snakemake.output[0], settings)
