"""From a layer's activations to a stored persistence diagram."""
