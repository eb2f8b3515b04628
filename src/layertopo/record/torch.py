"""Forward hooks that record the modules of a PyTorch model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from layertopo.record.writer import Recorder, name_of_input


class Hooks:
    """Records what modules of a model give.

    Parameters
    ----------
    model : torch.nn.Module
    modules : sequence of str, optional
        Names of modules, as in `model.named_modules()`, in the order in which they are to be numbered; all modules
        that contain no others if left out. Each must be called once for a batch, and give one tensor. The input is
        recorded as layer 0.

    Raises
    ------
    ValueError
        If there is no such module.

    Examples
    --------
    >>> hooks = Hooks(model)  # doctest: +SKIP
    >>> with Recorder("recordings/run7", train=y_train, test=y_test) as recorder:  # doctest: +SKIP
    ...     for epoch in range(20):
    ...         hooks.record(recorder, epoch, X_train, X_test)
    ...         train_one_epoch(model)
    """

    def __init__(self, model: torch.nn.Module, modules: Sequence[str] | None = None) -> None:
        self.model = model
        named = dict(model.named_modules())
        if modules is None:
            modules = [name for name, module in named.items() if not list(module.children())]
        for name in modules:
            if name not in named:
                raise ValueError(f"the model has no module {name!r}; it has {', '.join(filter(None, named))}")
        self.modules = {name: named[name] for name in modules}

    def record(
        self,
        recorder: Recorder,
        epoch: int,
        train: torch.Tensor,
        test: torch.Tensor | None = None,
        batch_size: int = 256,
    ) -> None:
        """Run the model on all rows, and record one epoch.

        The model is in evaluation mode meanwhile, and no gradient is kept.

        Parameters
        ----------
        recorder : Recorder
        epoch : int
            0 is before the first training step.
        train, test : torch.Tensor
            Inputs of the rows whose labels the recorder was given, in their order.
        batch_size : int
            Rows at a time.

        Raises
        ------
        ValueError
            If a module is called more or less than once, or gives more than one tensor.
        """
        training = self.model.training
        given: dict[str, torch.Tensor] = {}
        handles = [module.register_forward_hook(_keep(name, given)) for name, module in self.modules.items()]
        self.model.train(False)
        try:
            with recorder.epoch(epoch) as writer, torch.no_grad():
                for split, rows in (("train", train), ("test", test)):
                    for batch in () if rows is None else torch.split(rows, batch_size):
                        given.clear()
                        self.model(batch.clone())  # a module may work in place
                        if missing := [name for name in self.modules if name not in given]:
                            raise ValueError(f"module {missing[0]!r} is not called by the model")
                        layers = {
                            name_of_input(self.modules): batch,
                            **{name: given[name] for name in self.modules},
                        }
                        writer.add(
                            split, {name: values.detach().cpu().numpy() for name, values in layers.items()}
                        )
        finally:
            for handle in handles:
                handle.remove()
            self.model.train(training)


def _keep(name: str, given: dict[str, torch.Tensor]) -> Any:
    """Hook that keeps what a module gives."""

    def hook(module: torch.nn.Module, inputs: Any, output: Any) -> None:
        if name in given:
            raise ValueError(
                f"module {name!r} is called more than once; which output is meant cannot be told"
            )
        if not isinstance(output, torch.Tensor):
            raise ValueError(f"module {name!r} gives more than one tensor; name other modules")
        given[name] = output.clone()  # the next module may work in place

    return hook
