"""Which environment the rules name for each script, and what a script imports."""

from __future__ import annotations

import re

from reruns import NAMED, SCRIPT_OF_RULE
from workflow_runs import REPOSITORY


def environments_of_scripts() -> dict[str, str]:
    """The environment that the rules name for each script."""
    rules = "".join(path.read_text() for path in sorted((REPOSITORY / "workflow/rules").glob("*.smk")))
    pairs = re.findall(r'envs/(\w+)\.yaml"(?:(?!\nrule ).)*?scripts/(\w+)\.py"', rules, re.DOTALL)
    return {script: environment for environment, script in pairs}


def imports_of(script: str) -> str:
    """The lines of a script that import, and as such lines the modules that it chooses as it runs."""
    source = (REPOSITORY / f"workflow/scripts/{script}.py").read_text()
    chosen = {module for rule, module in NAMED.items() if SCRIPT_OF_RULE.get(rule, rule) == script}
    lines = re.findall(r"^(?:from|import) .*", source, re.MULTILINE)
    return "\n".join([*lines, *(f"import {module}" for module in sorted(chosen))])
