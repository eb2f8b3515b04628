"""The figures of one job, each in every format."""

from importlib import import_module

from layertopo.figures import style
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    params = snakemake.params
    # Which module draws is known from the job only: the rule's digest of the code names it as well.
    module = import_module(f"layertopo.figures.{params.job}")
    for kind, figure in module.draw(params.sources, dict(snakemake.wildcards.items())).items():
        style.save(figure, snakemake.output.get(kind), params.dpi)
