"""Names that tables, figures and rules have in common; light to import."""

#: Distances between diagrams that are computed, and what they are called. Each is a column of `distances.csv`, and
#: another one, with `_scaled` at its end, scale-free.
DISTANCES = {"bottleneck": "Bottleneck distance", "sliced_wasserstein": "Sliced Wasserstein distance"}
#: Choices of rows, in words.
ROWS = {"train": "training rows", "test": "test rows", "full": "training and test rows"}
