"""Train a saved Keras model; keep its weights and its accuracy after every epoch."""

from layertopo import tables
from layertopo.data import dataset
from layertopo.joblog import job_log
from layertopo.training import networks, retraining

with job_log(snakemake.log[0]) as log:
    settings = snakemake.params.settings
    data = dataset.load(snakemake.input[0], {"dataset": settings["dataset"]})
    training = dict(settings["training"])
    seed = networks.seed_of_run(settings["dataset"].get("seed", 0), training["seed"])
    trained = retraining.train(snakemake.params.file, settings["model"], data, training, seed)
    last = trained.history.iloc[-1]
    log.info("test accuracy %.4f%s", last["test_accuracy"], ", a dead network" if last["dead"] else "")
    trained.save(snakemake.output.model, snakemake.output.weights, settings)
    tables.write_csv(trained.history, snakemake.output.history)
