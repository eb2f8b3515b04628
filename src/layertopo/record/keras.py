"""A callback that records a Keras model while the user's own `fit` trains it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from layertopo.record.writer import Recorder, name_of_input


class RecordEpochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Records what layers give, before training (epoch 0) and after epochs of it.

    The recording is finished when the training ends.

    Parameters
    ----------
    recorder : Recorder
    train, test : array_like
        Inputs of the rows whose labels the recorder was given, in their order.
    layers : sequence of str, optional
        Names of layers; all but the input if left out. The input is recorded as layer 0 in any case.
    epochs : iterable of int or callable, optional
        Epochs to record, or what tells of an epoch whether to; all if left out.
    batch_size : int
        Rows at a time.

    Examples
    --------
    >>> recorder = Recorder("recordings/run7", train=y_train, test=y_test)  # doctest: +SKIP
    >>> model.fit(X_train, y_train, epochs=20, callbacks=[RecordEpochs(recorder, X_train, X_test)])  # doctest: +SKIP
    """

    def __init__(
        self,
        recorder: Recorder,
        train: ArrayLike,
        test: ArrayLike = (),
        layers: Sequence[str] | None = None,
        epochs: Iterable[int] | Callable[[int], bool] | None = None,
        batch_size: int = 256,
    ) -> None:
        super().__init__()
        self.recorder = recorder
        self.inputs = {"train": np.asarray(train), "test": np.asarray(test)}
        self.layers, self.batch_size = layers, batch_size
        if epochs is None or callable(epochs):
            self.is_wanted = epochs or (lambda epoch: True)
        else:
            self.is_wanted = set(epochs).__contains__
        self._outputs: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Record epoch 0."""
        self.layers = self.layers or [
            layer.name for layer in self.model.layers if not isinstance(layer, keras.layers.InputLayer)
        ]
        outputs = [self.model.get_layer(name).output for name in self.layers]
        self._outputs = keras.Model(self.model.inputs[0], outputs)
        self._record(0)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Record the epoch; Keras counts from 0, and there 0 is after the first."""
        self._record(epoch + 1)

    def on_train_end(self, logs: Any = None) -> None:
        """Finish the recording."""
        self.recorder.close()

    def _record(self, epoch: int) -> None:
        if not self.is_wanted(epoch) or self.layers is None:
            return
        with self.recorder.epoch(epoch) as writer:
            for split, rows in self.inputs.items():
                for start in range(0, len(rows), self.batch_size):
                    batch: NDArray[Any] = rows[start : start + self.batch_size]
                    outputs = keras.tree.flatten(self._outputs(batch, training=False))
                    given = map(keras.ops.convert_to_numpy, outputs)
                    writer.add(
                        split,
                        {name_of_input(self.layers): batch, **dict(zip(self.layers, given, strict=True))},
                    )
