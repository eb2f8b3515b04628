"""Hold the claims of a study against the tables."""

from layertopo import tables
from layertopo.analysis import verdicts
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    params = snakemake.params
    evidence = verdicts.Tables(
        **{name: tables.read(table) for name, table in params.tables.items()},
        clouds=params.clouds,
        hidden_layers=params.hidden_layers,
        populations=params.populations,
    )
    tables.write_csv(verdicts.assess(params.study, evidence), snakemake.output[0])
