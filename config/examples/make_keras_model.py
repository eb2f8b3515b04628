"""Train a convolutional network on handwritten digits, and save it with some checkpoints: for keras_model.yaml.

python config/examples/make_keras_model.py
"""

from pathlib import Path

import keras

from layertopo.data.kinds import make

digits = make({"kind": "digits"})
X, y = digits.X[digits.train], digits.y[digits.train]

keras.utils.set_random_seed(0)
network = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Rescaling(1 / 16),
        keras.layers.Conv2D(12, 3, activation="relu", name="conv1"),
        keras.layers.Conv2D(12, 3, activation="relu", name="conv2"),
        keras.layers.Flatten(),
        keras.layers.Dense(24, activation="relu", name="dense"),
        keras.layers.Dense(10, activation="softmax", name="classes"),
    ]
)
network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
Path("models").mkdir(exist_ok=True)
network.save("models/digits-00.keras")
network.fit(
    X.reshape(-1, 8, 8, 1),
    y,
    epochs=12,
    verbose=2,
    callbacks=[keras.callbacks.ModelCheckpoint("models/digits-{epoch:02d}.keras")],
)
network.save("models/digits.keras")
