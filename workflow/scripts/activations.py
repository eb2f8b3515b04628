"""Run a network, as it was after one epoch, on all rows, and keep every layer's output."""

from layertopo.data import dataset
from layertopo.joblog import job_log
from layertopo.training import activations, networks

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    data = dataset.load(snakemake.input.dataset, {"dataset": settings["dataset"]})
    weights = networks.load_epoch(snakemake.input.weights, snakemake.params.upstream, settings["epoch"])
    rows = {"train": data.train, "test": data.test}
    outputs = {
        split: networks.layer_outputs(settings["model"], weights, data.X[rows[split]], len(data.classes))
        for split in rows
    }
    classes = {split: data.y[rows[split]] for split in rows}
    activations.save(outputs, classes, snakemake.output[0], settings)
