"""Hold the claims of the original study against the tables."""

from layertopo import claims, tables
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    names = ("accuracy", "summaries", "distances")
    rows = snakemake.params.rows
    measured = {name: tables.read_csv(snakemake.input[name], rows.get(name)) for name in names}
    for name in ("summaries", "distances"):
        measured[name] = measured[name][measured[name]["cloud"] == snakemake.params.cloud]
    distances = measured["distances"]
    measured["distances"] = distances[distances["across"] == "networks"]
    datasets = tables.read_csv(snakemake.input.datasets, rows["datasets"])
    result = claims.assess(**measured, datasets=datasets, hidden_layers=snakemake.params.hidden_layers)
    tables.write_csv(result, snakemake.output[0])
