"""Diagrams of one layer and split, all networks and epochs side by side: as they are, scaled, and as a density."""

from layertopo.figures import diagrams as figures
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    panels = figures.load_panels(
        snakemake.input.diagrams,
        snakemake.params.cells,
        snakemake.params.provenances,
        snakemake.input.histories,
        snakemake.params.epochs,
    )
    title = figures.diagram_title(**snakemake.wildcards)
    for scaled, paths in ((False, snakemake.output.absolute), (True, snakemake.output.scaled)):
        figures.save(figures.diagram_figure(panels, title, scaled), paths, snakemake.params.dpi)
    figures.save(figures.density_figure(panels, title), snakemake.output.density, snakemake.params.dpi)
