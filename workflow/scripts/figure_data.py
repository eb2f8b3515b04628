"""Picture of one data set."""

from layertopo.data import dataset as data
from layertopo.figures import diagrams as figures
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    dataset = data.load(snakemake.input[0], snakemake.params.settings)
    figure = figures.data_figure(dataset, snakemake.wildcards.dataset)
    figures.save(figure, snakemake.output, snakemake.params.dpi)
