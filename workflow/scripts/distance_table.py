"""Table of distances between diagrams."""

from layertopo import tables
from layertopo.analysis import distances
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    table = distances.distance_table(snakemake.params.distances, snakemake.params.dimensions)
    tables.write_csv(table, snakemake.output[0])
