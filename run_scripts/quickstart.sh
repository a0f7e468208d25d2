#!/usr/bin/env bash
# The main job on the small treebanks of testdata/: prepare, train, evaluate, tag a sentence.
# Needs Python 3.10 to 3.12 and, the first time, a network that has PyPI.
#
#   run_scripts/quickstart.sh [OUTPUT_DIR]
#
# OUTPUT_DIR is a temporary directory unless it is given; given again, the run goes on in it.

case ${1:-} in
  -*) sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; exit ;;
esac
source "$(dirname "$0")/setup_env.sh"
output=${1:-$(mktemp -d)}
mkdir -p "$output"
output=$(cd "$output" && pwd)
cd "$ROOT"

run() {
  echo
  echo "== $*"
  "$@"
}

run "$VENV_PYTHON" run_scripts/prepare_ud.py \
  --input_dir=testdata/ud --output_dir="$output/data" --vocab_file=testdata/vocab.txt
run "$VENV_PYTHON" run_scripts/fine_tune.py \
  --data_dir="$output/data" --vocab_file=testdata/vocab.txt --model_dir="$output/model" \
  --epochs=10 --batch_wordpieces=1024
if [ -e "$output/evaluation" ]; then
  cat "$output/evaluation/metrics.txt"
else
  run "$VENV_PYTHON" run_scripts/evaluate.py \
    --model_dir="$output/model" --conllu=testdata/ud --output_dir="$output/evaluation"
fi
echo
echo "== Tagging: the old teacher doesn't see the red boat ."
printf 'the old teacher does n%st see the red boat .\n' "'" |
  "$VENV_PYTHON" run_scripts/tag.py --model_dir="$output/model" --input_format=words --scores
echo
echo "All of it is in $output. Look at model/training_curves.png and evaluation/upos.png."
