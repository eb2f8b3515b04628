"""The networks in numpy: a second opinion on what Keras computes."""

from __future__ import annotations

import numpy as np

ACTIVATIONS = {
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "linear": lambda z: z,
}


def layer_outputs(weights: list[np.ndarray], X: np.ndarray, activation: str = "relu") -> list[np.ndarray]:
    """Normalised input, hidden layers after their activation, logits; in double precision."""
    mean, variance, _, *dense = (np.asarray(each, np.float64) for each in weights)
    outputs = [(X - mean) / np.sqrt(variance)]
    kernels, biases = dense[::2], dense[1::2]
    for k, (kernel, bias) in enumerate(zip(kernels, biases, strict=True), 1):
        z = outputs[-1] @ kernel + bias
        outputs.append(z if k == len(kernels) else ACTIVATIONS[activation](z))
    return outputs
