"""References of docstrings, such as those to functions and modules, shown as code."""

from __future__ import annotations

import re
from typing import Any

import griffe


class Roles(griffe.Extension):
    """Leave of :func:`name` what stands between the backticks."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = re.sub(r":\w+:(?=`)", "", obj.docstring.value).replace("``", "`")
