"""Record what the layers of a network give, in any framework, for the workflow to analyse.

    from layertopo.record import Recorder

    with Recorder("recordings/run7", train=y_train, test=y_test) as recorder:
        ...  # train
        recorder.write(epoch, train={"input": X_train, "dense": H_train}, test={"input": X_test, "dense": H_test})

On top of it, :class:`layertopo.record.keras.RecordEpochs` is a callback for Keras' `fit`, and
:class:`layertopo.record.torch.Hooks` records the modules of a PyTorch model. It needs numpy and h5py only.
"""

from layertopo.record.writer import EpochWriter, Recorder

__all__ = ["EpochWriter", "Recorder"]
