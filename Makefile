# `make run` reproduces the experiment, `make test` runs the tests; both set up .venv first. `make quick`
# is a small experiment, in a folder of its own.
# Any Python from 3.11 to 3.13 will do, 3.12 and 3.11 first: on 3.13 there is no giotto-tda. make run PYTHON=/path/to/python
PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3 python; do \
  $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/ready
PROCESSES := -n logical --maxprocesses 4 --dist worksteal

.PHONY: run quick plan test test-all environments slurm lint docs report compare schema lock clean

run: $(READY)
	$(BIN)/snakemake --cores all

quick: $(READY)
	$(BIN)/snakemake --cores all --configfile config/examples/quick.yaml --directory quick

# All that is essential, in some minutes: on two processes or more.
test: $(READY)
	$(BIN)/python -m pytest $(PROCESSES)

# All the rest: what takes long, what needs the network, what needs Slurm.
test-all: $(READY)
	$(BIN)/python -m pytest $(PROCESSES) -m slow
	$(BIN)/python -m pytest -m "environments or slurm"

# Every rule in an environment of its own that holds what envs/ lists and nothing else; needs the network.
environments: $(READY)
	$(BIN)/python -m pytest -m environments

# The cluster profile on a Slurm of two nodes on this machine; needs root, and Debian's slurm-wlm and munge.
slurm: $(READY)
	$(BIN)/python -m pytest -m slurm

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/rumdl check --quiet .
	$(BIN)/codespell README.md CHANGELOG.md benchmarks config docs profiles src tests workflow
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff
	$(BIN)/zizmor --quiet --offline .github
	$(BIN)/pre-commit validate-config
	$(BIN)/sp-repo-review --show err .

# The documentation as a site, in site/index.html.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

# Snakemake's own report: where every result came from, next to the figures.
report: $(READY)
	$(BIN)/snakemake --report results/snakemake-report.html

# What the experiment will take, roughly; what of it is still to do, says snakemake -n.
plan: $(READY)
	@$(BIN)/python -m layertopo.plan config/config.yaml --cores $$($(BIN)/python -c "import os; print(os.cpu_count())")

# What differs between two results folders: make compare A=results B=elsewhere/results
compare: $(READY)
	@$(BIN)/python -m layertopo.compare "$(A)" "$(B)"

# The environment: every package as pinned in the lock, which is complete, checked against its hash, and compiled to
# bytecode, which cuts the start of each job to a third; the engine is compiled to machine code, once. pip resolves
# nothing (--no-deps): giotto-tda asks for an older scikit-learn than it works with. A Python without ensurepip
# (Debian's) gets its pip from outside.
$(READY): requirements.lock
	@test -n "$(PYTHON)" || { echo "layertopo needs Python 3.11, 3.12 or 3.13; found none. Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; }
	@echo "Setting up .venv (a few minutes, once) ..."
	@$(PYTHON) -m venv --clear .venv >/dev/null 2>&1 || { \
	  $(PYTHON) -m venv --clear --without-pip .venv && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; } || { \
	  echo "This Python can make no environment with pip. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --compile --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -c "from layertopo import persistence_diagram as warm; warm([[0, 0], [1, 0], [0, 1], [1, 1]])"
	@touch $(READY)

schema: $(READY)
	$(BIN)/python -m layertopo.experiment.config > config/schema.json

# For maintainers; needs uv.
lock:
	uv pip compile --universal --python-version 3.11 --fork-strategy fewest --all-extras --group giotto --group dev \
	  --generate-hashes --quiet pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
