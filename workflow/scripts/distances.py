"""Distances between diagrams."""

from layertopo import tables
from layertopo.analysis import distances
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    tables.write_csv(distances.run_distances(snakemake.params.diagrams), snakemake.output[0])
