#!/usr/bin/env bash
# giotto-tda asks for an older scikit-learn than it works with; all else that it needs is in topology.yaml.
set -euo pipefail
python -m pip install --quiet --no-deps giotto-tda==0.6.2
