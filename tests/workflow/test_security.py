"""What is read cannot run code, what is named cannot leave the results folder."""

from __future__ import annotations

import ast
import re
from pathlib import Path, PurePosixPath

import pytest
import yaml
from experiment import tiny_config
from hypothesis import given
from hypothesis import strategies as st
from workflow_runs import REPOSITORY, Workflow

from layertopo.errors import ConfigError
from layertopo.experiment.parse import parse_config

#: Asks Slurm for the jobs of an earlier run, and so starts processes.
AT_START = REPOSITORY / "workflow/lib/at_start.py"
SOURCES = sorted(
    {
        *(REPOSITORY / "src").rglob("*.py"),
        *(REPOSITORY / "workflow/scripts").glob("*.py"),
        *(REPOSITORY / "workflow/lib").glob("*.py"),
    }
    - {AT_START}
)
RULES = [REPOSITORY / "Snakefile", *(REPOSITORY / "workflow/rules").glob("*.smk")]

#: Modules whose files or calls run code, or that start processes.
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "runpy", "code"} | {
    "subprocess", "multiprocessing", "pty", "ctypes", "cffi", "socket", "urllib", "http", "requests"
}  # fmt: skip
#: Functions by name, and as attributes of anything.
FUNCTIONS = {"eval", "exec", "compile", "__import__"}
METHODS = {
    *("read_pickle", "to_pickle", "read_hdf", "load_model", "load_weights", "from_json", "model_from_json"),
    *("unsafe_load", "full_load", "load_all", "unsafe_load_all", "enable_unsafe_deserialization"),
    *("system", "popen", "fromfile", "eval"),
}
#: `load` of these; our own modules have functions of that name.
LOADERS = {"np", "numpy", "yaml", "torch", "joblib", "keras", "saved_model"}


#: What could run code and does not, by module, and the line that sees to it.
SAFE = {
    "data/contents.py": {"np.load": "np.load(opened, allow_pickle=False) as file:"},
    # Describes a model in a process of its own: our own module, and no shell.
    "training/saved.py": {"subprocess": "subprocess.run(command, capture_output=True, text=True)"},
    # A copy, after all that the archive says has been compared with a list of Keras' own layers.
    "training/saved_outputs.py": {
        "keras.saving.load_model": "with archive.checked_copy(path, digest) as copy:\n        prepare_tensorflow(seed=0)\n"
        "        import keras\n\n        try:\n"
        "            return keras.saving.load_model(copy, compile=False, safe_mode=True)"
    },
}


def dangers(tree: ast.AST) -> list[str]:
    """Imports and calls that could run code found in a file."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names if name.name.split(".")[0] in MODULES]
        elif (
            isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES - {"urllib"}
        ) or (
            isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith("urllib.")
            and node.module != "urllib.parse"
        ):
            found.append(node.module)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            owner, _, name = called.rpartition(".")
            if (
                called in FUNCTIONS
                or (owner and name in METHODS)
                or (name == "load" and owner.split(".")[-1] in LOADERS)
                or any(keyword.arg == "allow_pickle" for keyword in node.keywords)
            ):
                found.append(called)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_nothing_that_is_read_can_run_code(path):
    safe = (
        SAFE.get(path.relative_to(REPOSITORY / "src/layertopo").as_posix(), {}) if "src" in path.parts else {}
    )
    assert dangers(ast.parse(path.read_text())) == list(safe)
    for line in safe.values():
        assert path.read_text().count(line) == 1


@pytest.mark.parametrize(
    "line",
    [
        *("import pickle", "from joblib import load", "import subprocess as s", "eval(text)", "exec(text)"),
        *("np.load(path)", "np.load(path, allow_pickle=True)", "pd.read_pickle(path)", "yaml.load(text, Loader=L)"),
        *("keras.models.load_model(path)", "os.system(text)", "yaml.unsafe_load(text)", "table.eval(text)"),
    ],
)  # fmt: skip
def test_the_search_finds_what_could(line):
    assert dangers(ast.parse(line))


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_run_no_code_that_they_read_and_no_shell(path):
    text = path.read_text()
    assert not re.search(r"\b(eval|exec|pickle|subprocess|os\.system|yaml\.load|shell\s*:|run\s*:)\b", text)


def test_slurm_is_asked_and_told_by_words_and_not_through_a_shell():
    text = AT_START.read_text()
    assert dangers(ast.parse(text)) == ["subprocess"]
    calls = [ast.unparse(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    started = [call for call in calls if call.startswith(("subprocess.", "os.exec", "os.spawn", "os.popen"))]
    assert started == ["subprocess.run(words, capture_output=True, text=True)"]
    commands = {call for call in calls if re.fullmatch(r"_command\([^()]*\)", call)}
    assert commands == {"_command(queue)", "_command(['scancel', *new])"}
    assert text.count("_command(") == 1 + len(commands)


def test_a_configuration_cannot_run_code(tmp_path):
    workflow = Workflow(tmp_path)
    workflow.configure(
        yaml.safe_dump(tiny_config()) + f"extra: !!python/object/apply:os.system ['touch {tmp_path}/run']\n"
    )
    result = workflow.run("all", "--dry-run")
    assert result.code != 0
    assert "not valid JSON or YAML" in result.output
    assert not (tmp_path / "run").exists()


def test_the_stored_network_is_never_loaded_by_the_workflow(workflow, finished):
    """A Keras archive may hold code; activations come from the plain arrays in weights.h5."""
    made = "results/activations/spheres/good/seed0/epoch2.h5"
    (workflow.root / made).unlink()
    for path in workflow.root.rglob("*.keras"):
        path.write_bytes(b"no archive")
    assert workflow.run(made).code == 0
    assert workflow.files(made) == finished.files(made)


# Names become folders


def config_with_name(kind: str, name: object) -> dict:
    config = tiny_config()
    config[kind] = {name: next(iter(config[kind].values()))}
    return config


KINDS = ["datasets", "models", "clouds"]
ESCAPES = [
    *("../x", "..", ".", "/etc", "a/b", "a\\b", "", " ", "a ", " a", "a\n", "\n", "a\tb", "a\0b", "~", "~root"),
    *("-rf", "_a", "{seed}", "{{", "$HOME", "$(id)", "`id`", "a;b", "a|b", "a*", "a?", "%2e%2e", "a.b", ".hidden"),
    *("ａ", "é", "a\u202eb", "a\u200bb", "．．", "∕etc", "ⅳ", "١", "<script>alert(1)</script>", "a&b", "a'b", 'a"b'),
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ESCAPES)
def test_a_name_that_is_more_than_a_plain_word_is_refused(kind, name):
    with pytest.raises(ConfigError, match="cannot be a name"):
        parse_config(config_with_name(kind, name))


@given(st.sampled_from(KINDS), st.one_of(st.text(max_size=8), st.from_regex(r"[./\\~\w-]{1,8}\s?")))
def test_a_name_that_is_taken_stays_one_folder_inside_of_the_results(kind, name):
    try:
        experiment = parse_config(config_with_name(kind, name))
    except ConfigError:
        return
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name)
    cell = experiment.cells()[0]
    path = PurePosixPath(
        f"results/diagrams/{cell.dataset}/{cell.model}/seed0/layer1/{cell.split}/{cell.cloud}.h5"
    )
    assert len(path.parts) == 8
    assert Path(path).resolve().is_relative_to(Path("results").resolve())
