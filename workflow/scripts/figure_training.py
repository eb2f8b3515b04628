"""Training curves of one data set."""

from layertopo import tables
from layertopo.data import dataset as data
from layertopo.figures import diagrams as figures
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    dataset = data.load(snakemake.input.dataset, snakemake.params.settings)
    history = tables.accuracy_table(
        snakemake.input.histories, snakemake.params.cells, snakemake.params.epochs
    )
    ceiling, _ = data.best_radius_accuracy(dataset.X, dataset.y)
    figure = figures.training_figure(history, snakemake.wildcards.dataset, ceiling)
    figures.save(figure, snakemake.output, snakemake.params.dpi)
