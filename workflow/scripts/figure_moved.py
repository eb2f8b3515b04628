"""How far the diagrams of the same network lie apart."""

from layertopo import tables
from layertopo.figures import diagrams as figures
from layertopo.figures import trajectories as run_figures
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    where, draws = snakemake.wildcards, snakemake.params.population
    members = run_figures.groups(tables.read_csv(snakemake.input.accuracy), draws["datasets"], draws["epoch"])
    distances = run_figures.rows_of(
        tables.read_csv(snakemake.input.distances), draws["datasets"], where.cloud, draws["followed"]
    )
    title = run_figures.figure_title(draws["datasets"], where.split, where.cloud)
    figure = run_figures.moved_figure(distances, members, where.split, "bottleneck", title)
    figures.save(figure, snakemake.output, snakemake.params.dpi)
