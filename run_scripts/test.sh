#!/usr/bin/env bash
# Lint, format, types and tests. With arguments, pytest alone with these: test.sh -k windows
#
# Tests on real data run where MINIBERT_DATA_DIR names a directory that has it; see BUILD.md.

source "$(dirname "$0")/setup_env.sh"
cd "$ROOT"
export TF_CPP_MIN_LOG_LEVEL=${TF_CPP_MIN_LOG_LEVEL:-3}
if [ $# -gt 0 ]; then
  exec "$VENV_PYTHON" -m pytest "$@"
fi
echo "== ruff"
"$VENV_PYTHON" -m ruff check .
"$VENV_PYTHON" -m ruff format --check .
echo "== mypy"
"$VENV_PYTHON" -m mypy
echo "== pytest"
# Much of a test is the start of a script, which uses one core.
exec "$VENV_PYTHON" -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile \
  --no-loadscope-reorder --durations=10
