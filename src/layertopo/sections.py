"""Parts that sections of the configuration are made of: their base class and the types of their values."""

from __future__ import annotations

from typing import Annotated, Any

from layertopo.errors import extra

with extra("workflow"):
    from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, StrictInt


def _no_repeats(values: Any) -> Any:
    if isinstance(values, list):
        repeated = [value for k, value in enumerate(values) if value in values[:k]]
        if repeated:
            raise ValueError(f"lists {repeated[0]!r} twice; list each value once")
    return values


def _no_truth_value(value: Any) -> Any:
    if isinstance(value, bool):  # YAML's on and off, which would pass for 1 and 0
        raise ValueError(f"got {value}, must be a finite number")
    return value


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(
            f"got {value}, which is what YAML makes of yes, no, on, off, true, false; write it in quotes"
        )
    return str(value) if isinstance(value, (int, float)) else value


#: Of a list: each value once.
Once = BeforeValidator(_no_repeats)
#: A name in somebody's file: a number there is text as well.
Text = Annotated[str, BeforeValidator(_as_text)]
Number = Annotated[FiniteFloat, BeforeValidator(_no_truth_value)]
Seed = Annotated[StrictInt, Field(ge=0, le=2**32 - 1)]


class Section(BaseModel):
    """A mapping of the configuration: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)
