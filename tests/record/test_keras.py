"""The callback for Keras' own `fit`: it records what the model gives, before and after each epoch."""

from __future__ import annotations

import numpy as np

from layertopo.record import Recorder
from layertopo.record.layout import blocks_of_layer, open_epoch, read_recording
from layertopo.training.networks import prepare_tensorflow


def test_the_callback_records_what_the_model_gives(tmp_path):
    prepare_tensorflow(0)
    import keras

    from layertopo.record.keras import RecordEpochs

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(10, 4, 4, 1)).astype(np.float32), np.arange(10) % 2
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Conv2D(2, 3, name="input"),
            layers.Dropout(0.5, name="dropout"),
            layers.Flatten(name="flatten"),
            layers.Dense(1, "sigmoid", name="out"),
        ]
    )
    model.compile("sgd", "binary_crossentropy")
    recorder = Recorder(tmp_path, train=y[:7], test=y[7:])
    callback = RecordEpochs(recorder, X[:7], X[7:], epochs=[0, 2], batch_size=3)
    before = model.predict(X, verbose=0)
    model.fit(X[:7], y[:7], epochs=2, verbose=0, callbacks=[callback])

    recording = read_recording(tmp_path)
    assert list(recording.epochs) == [0, 2]
    assert recording.layers == {"input_0": 16, "input": 8, "dropout": 8, "flatten": 8, "out": 1}
    for epoch, expected in ((0, before), (2, model.predict(X, verbose=0))):
        with open_epoch(recording, epoch) as file:
            held = [np.concatenate(list(blocks_of_layer(file, recording, "train", k))) for k in range(5)]
        np.testing.assert_array_equal(held[0], X[:7].reshape(7, 16))
        np.testing.assert_array_equal(held[1], held[2])  # nothing is dropped
        np.testing.assert_allclose(held[4], expected[:7], atol=1e-6)
