"""Summaries of the diagrams of all runs, from layer to layer or from epoch to epoch."""

from layertopo import tables
from layertopo.figures import diagrams as figures
from layertopo.figures import trajectories as run_figures
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    where, draws = snakemake.wildcards, snakemake.params.population
    members = run_figures.groups(tables.read_csv(snakemake.input.accuracy), draws["datasets"], draws["epoch"])
    summaries = run_figures.rows_of(
        tables.read_csv(snakemake.input.summaries),
        draws["datasets"],
        where.cloud,
        draws["followed"],
        split=where.split,
    )
    title = run_figures.figure_title(draws["datasets"], where.split, where.cloud)
    figure = run_figures.trajectory_figure(summaries, members, where.along, title)
    figures.save(figure, snakemake.output, snakemake.params.dpi)
