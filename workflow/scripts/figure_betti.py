"""Betti curves of all runs."""

from layertopo import tables
from layertopo.figures import diagrams as figures
from layertopo.figures import trajectories as run_figures
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    where, draws = snakemake.wildcards, snakemake.params.population
    members = run_figures.groups(tables.read_csv(snakemake.input.accuracy), draws["datasets"], draws["epoch"])
    dimension = int(where.dimension)
    betti = run_figures.load_betti(
        snakemake.input.statistics,
        snakemake.params.runs,
        snakemake.params.cells,
        where.split,
        where.cloud,
        dimension,
    )
    title = run_figures.figure_title(draws["datasets"], where.split, where.cloud)
    figures.save(
        run_figures.betti_figure(betti, members, dimension, title), snakemake.output, snakemake.params.dpi
    )
