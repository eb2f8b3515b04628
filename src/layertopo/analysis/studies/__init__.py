"""Claims of published studies; each module here is a study, known to the configuration by its name."""
