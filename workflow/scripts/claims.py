"""Hold the claims of the original study against the tables."""

from layertopo import tables
from layertopo.analysis import claims
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    params = snakemake.params
    names = ("accuracy", "summaries", "distances", "datasets")
    table = {name: tables.read_csv(snakemake.input[name], params.rows.get(name)) for name in names}
    summaries, distances = table["summaries"], table["distances"]
    result = claims.assess(
        accuracy=table["accuracy"],
        summaries=summaries[summaries["cloud"] == params.cloud],
        distances=distances[distances["cloud"] == params.cloud],
        datasets=table["datasets"],
        distinct=summaries[summaries["cloud"] == params.distinct],
        hidden_layers=params.hidden_layers,
        populations=params.populations,
    )
    tables.write_csv(result, snakemake.output[0])
