"""Table of the networks' layers: what each gives, and how many parameters it has."""

import pandas as pd

from layertopo import tables
from layertopo.joblog import job_log

with job_log(snakemake.log[0]):
    tables.write_csv(pd.DataFrame(snakemake.params.networks), snakemake.output[0])
