#!/usr/bin/env bash
# Makes the virtual environment .venv and installs the package in it, unless that is done already.
# Sourced by the other scripts; afterwards $VENV_PYTHON is its interpreter, and `job NAME FLAGS` says
# and does what run_scripts/NAME.py does.
#
#   PYTHON=python3.12      the interpreter to use; else the first of Python 3.10 to 3.12 that is found
#   VENV_PYTHON=/a/python  that of an environment which has the package; then nothing is installed

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV="$ROOT/.venv"

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.12 python3.11 python3.10}; do
    if "$candidate" -c 'import sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' \
        2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "error: no Python 3.10, 3.11 or 3.12 with venv found; install one, or name it with PYTHON=" >&2
  return 1
}

make_environment() {
  local python stamp
  python=$(find_python)
  # What the environment depends on: what to install, where it is, and the interpreter.
  stamp="$VENV/installed-$( (cat "$ROOT/setup.py"; echo "$ROOT"; "$python" --version) |
    cksum | tr ' ' '-')"
  if [ -e "$stamp" ]; then
    return
  fi
  echo "== Installing into $VENV with $("$python" --version) (3.5 GB, a few minutes, once)"
  "$python" -m venv --clear "$VENV"
  "$VENV_PYTHON" -m pip install --quiet --upgrade pip
  "$VENV_PYTHON" -m pip install --quiet --quiet --editable "$ROOT[dev]"
  touch "$stamp"
}

if [ -z "${VENV_PYTHON:-}" ]; then
  VENV_PYTHON="$VENV/bin/python"
  make_environment
fi

job() {
  echo
  echo "== run_scripts/$1.py ${*:2}"
  "$VENV_PYTHON" "$ROOT/run_scripts/$1.py" "${@:2}"
}
