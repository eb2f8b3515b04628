"""The experiment: what a configuration may say, what it means, and what is wrong with it."""
