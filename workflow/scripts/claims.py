"""Hold the claims of a study against the tables."""

from layertopo import tables
from layertopo.analysis import verdicts
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    params = snakemake.params
    read = {name: tables.read(table) for name, table in params.tables.items()}
    evidence = verdicts.Tables(
        **read | {"accuracy": tables.naming_last(read["accuracy"], params.last_epochs)},
        clouds=params.clouds,
        hidden_layers=params.hidden_layers,
        populations=params.populations,
    )
    tables.write_csv(verdicts.assess(params.study, evidence), snakemake.output[0])
