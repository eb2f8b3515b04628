"""Tables of the loops of all training runs."""

from layertopo import tables
from layertopo.analysis import run_loops
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    params = snakemake.params
    for table, path in zip(run_loops.tables_of(params.runs, params.diagrams), snakemake.output, strict=True):
        tables.write_csv(table, path)
