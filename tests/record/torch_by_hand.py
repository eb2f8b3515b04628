"""Trains a small PyTorch model and records it; run by the tests with a Python that has PyTorch."""

import sys
from collections import OrderedDict

import numpy as np
import torch

from layertopo.record import Recorder
from layertopo.record.torch import Hooks

folder = sys.argv[1]
torch.manual_seed(0)
X = torch.randn(20, 1, 4, 4)
y = (X.mean(dim=(1, 2, 3)) > 0).long()
model = torch.nn.Sequential(
    torch.nn.Conv2d(1, 2, 3),
    torch.nn.ReLU(inplace=True),
    torch.nn.Flatten(),
    torch.nn.Dropout(0.5),
    torch.nn.Linear(8, 2),
)
given = X.clone()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
hooks = Hooks(model)
with Recorder(folder, train=y[:14].numpy(), test=y[14:].numpy(), classes=["low", "high"]) as recorder:
    for epoch in range(3):
        hooks.record(recorder, epoch, X[:14], X[14:], batch_size=4)
        assert model.training
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(X[:14]), y[:14]).backward()
        optimizer.step()
    model.eval()
    hooks.record(recorder, 3, X[:14], X[14:])
    with torch.no_grad():
        np.save(f"{folder}/outputs.npy", model(X[14:]).numpy())


def refused(make):
    """What a mistake is told as."""
    try:
        make()
    except ValueError as error:
        return str(error)
    return ""


def recording(model, modules):
    recorder = Recorder(f"{folder}/other", [0, 1], overwrite=True)
    return lambda: Hooks(model, modules).record(recorder, 0, torch.randn(2, 4))


assert torch.equal(X, given)
in_place = torch.nn.Sequential(OrderedDict(input=torch.nn.ReLU(inplace=True), out=torch.nn.Linear(16, 2)))
flat = X.flatten(1)
with Recorder(f"{folder}/in_place", train=y.numpy()) as recorder:
    Hooks(in_place).record(recorder, 0, flat)
assert torch.equal(flat, given.flatten(1))

twice = torch.nn.ReLU()
again = torch.nn.Sequential(twice, torch.nn.Linear(4, 4), twice)
assert "called more than once" in refused(recording(again, ["0"]))
assert "more than one tensor" in refused(recording(torch.nn.LSTM(4, 2), [""]))
assert "no module '5'" in refused(lambda: Hooks(model, ["5"]))
