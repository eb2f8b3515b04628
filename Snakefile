# How a neural network changes the topology of its data, layer by layer.
#
# Each stage writes what the next one reads; the path of a file says what it is of:
#   datasets    results/datasets/{dataset}.h5
#   training    results/models/{dataset}/{model}/seed{seed}/
#   activations results/activations/{dataset}/{model}/seed{seed}/epoch{epoch}.h5
#   diagrams    results/diagrams/{dataset}/{model}/seed{seed}/epoch{epoch}/layer{layer}/{split}/{cloud}.h5
#   statistics  results/statistics/{dataset}/{model}/seed{seed}.csv and .h5
#   loops       results/loops/{dataset}/{model}/seed{seed}.h5, if they are asked for
#   distances   results/distances/{dataset}/{model}/seed{seed}.csv, and .../layer{layer}/{split}/{cloud}.csv
#   analysis    results/tables/*.csv, results/figures/, results/report.html
from snakemake.utils import min_version

min_version("9.20")


# A configuration given with --configfile is a whole experiment: the default one is not merged into it.
if not workflow.config_settings.configfiles:

    configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/topology.smk"
include: "workflow/rules/analysis.smk"


if CONFIG.loops is not None:

    include: "workflow/rules/loops.smk"


include: "workflow/rules/figures.smk"


rule all:
    default_target: True
    input:
        lambda wildcards: [
            REPORT,
            *[TABLE.format(table=name) for name in OUTPUTS.tables],
            *PICTURES.targets(),
        ],
    message:
        "The report is ready: results/report.html"
