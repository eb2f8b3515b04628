"""Train scikit-learn's MLPClassifier on two half circles, and record its layers: for recording.yaml.

    python config/examples/make_recording.py

scikit-learn has no hooks, but its weights say what every layer gives; so it is with any framework.
"""

import numpy as np
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from layertopo.record import Recorder

EPOCHS = (1, 10, 100)


def outputs(network: MLPClassifier, X: np.ndarray) -> dict[str, np.ndarray]:
    """What each layer gives, the input first."""
    layers = {"input": X}
    for k, (weights, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True), 1):
        X = X @ weights + bias
        if k < len(network.coefs_):
            X = np.maximum(X, 0)  # the hidden layers' activation; the last one gives the logit
        layers[f"layer {k}"] = X
    return layers


X, y = make_moons(1500, noise=0.1, random_state=0)
train, test, y_train, y_test = train_test_split(X, y, test_size=0.33, random_state=0)

for seed in (0, 1):
    network = MLPClassifier((15, 15, 15), learning_rate_init=0.005, random_state=seed)
    with Recorder(f"recordings/mlp-{seed}", y_train, y_test, ["upper", "lower"], overwrite=True) as recorder:
        for epoch in range(1, EPOCHS[-1] + 1):
            network.partial_fit(train, y_train, classes=[0, 1])
            if epoch in EPOCHS:
                recorder.write(epoch, outputs(network, train), outputs(network, test))
    print(f"recordings/mlp-{seed}: test accuracy {network.score(test, y_test):.3f}")
