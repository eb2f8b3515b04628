"""Every kind of data set, in one list, and the table of data sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, get_args

from pydantic import Field, TypeAdapter

from layertopo.data import dataset
from layertopo.data.dataset import Dataset
from layertopo.data.digits import Digits
from layertopo.data.disks import Disks
from layertopo.data.kind import DataKind
from layertopo.data.linked_tori import LinkedTori
from layertopo.data.moons import Moons
from layertopo.data.nested_shells import NestedShells
from layertopo.data.nested_spheres import NestedSpheres
from layertopo.data.own_file import OwnFile
from layertopo.data.recording import RecordedRows
from layertopo.storage import Settings, Stored

if TYPE_CHECKING:
    import pandas as pd

#: What an entry of the configuration's `datasets` may be. Another kind is another class in a module of its own,
#: and another member of this union.
Kind = Annotated[
    NestedSpheres | Disks | LinkedTori | NestedShells | Moons | Digits | OwnFile | RecordedRows,
    Field(discriminator="kind"),
]
KINDS: tuple[type[DataKind], ...] = get_args(get_args(Kind)[0])
_CHECK: TypeAdapter[Kind] = TypeAdapter(Kind)


def type_of(settings: Settings) -> type[DataKind]:
    """Class of the kind that the settings in the provenance of a data set are of."""
    return next(each for each in KINDS if settings["kind"] in get_args(each.model_fields["kind"].annotation))


def kind_of(settings: Settings) -> Kind:
    """The data set of an entry of the configuration's `datasets`, or of its settings in the provenance."""
    return _CHECK.validate_python(dict(settings))


def make(settings: Settings, path: str | None = None) -> Dataset:
    """Data set of the given settings; `path` is the outside file that it is read from, if it is."""
    return kind_of(settings if path is None else {**settings, "path": path}).make()


def dataset_table(stored: Sequence[Stored]) -> pd.DataFrame:
    """One row per data set: sizes, and the facts that its kind knows of it.

    Parameters
    ----------
    stored : sequence of Stored
        Data sets.

    Raises
    ------
    ResultError
        If a file is broken or was made with other settings.
    """
    import pandas as pd  # imported late: every job of a cluster reads the configuration, and loads this module

    rows = []
    for each in stored:
        held = dataset.load(each.path, each.provenance)
        sizes = {
            "n_rows": len(held.X),
            "n_train": len(held.train),
            "n_test": len(held.test),
            "n_features": held.X.shape[1],
        }
        rows.append({**each.key, **sizes, **type_of(each.provenance["dataset"]).facts(held)})
    return pd.DataFrame(rows)
