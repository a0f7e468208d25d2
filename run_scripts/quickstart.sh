#!/usr/bin/env bash
# All of it on the small data of testdata/: prepare, train, evaluate; distill a smaller model on
# unlabeled text, and compare it with one that had no teacher; export it, and tag through the export.
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

job() {
  run "$VENV_PYTHON" "run_scripts/$1.py" "${@:2}"
}

# Once for each model: what is there already is shown.
evaluate() {
  if [ -e "$output/$1-evaluation" ]; then
    cat "$output/$1-evaluation/metrics.txt"
  else
    job evaluate --model="$output/$1" --conllu=testdata/ud --output_dir="$output/$1-evaluation"
  fi
}

vocab=testdata/vocab.txt
student=(--vocab_file="$vocab" --bert_config=testdata/student.json)
few=(--data_dir="$output/few" --epochs=8 --batch_wordpieces=512 --learning_rate=1e-3)

# A teacher, trained on all labels.
job prepare_ud --input_dir=testdata/ud --output_dir="$output/data" --vocab_file="$vocab"
job fine_tune --data_dir="$output/data" --vocab_file="$vocab" --model_dir="$output/teacher" \
  --epochs=10 --batch_wordpieces=1024
evaluate teacher

# A smaller student, distilled from it on unlabeled text, then trained on few labels.
if [ ! -e "$output/text" ]; then
  job prepare_text --input='testdata/text/*.txt' --output_dir="$output/text"
fi
job cache_teacher_outputs --teacher_dir="$output/teacher" --transfer_dir="$output/text" \
  --output_dir="$output/outputs"
job distill --teacher_outputs_dir="$output/outputs" "${student[@]}" \
  --model_dir="$output/student" --epochs=8 --batch_size=64 --learning_rate=2e-3
job prepare_ud --input_dir=testdata/ud --output_dir="$output/few" \
  --max_sentences_per_treebank=20
job fine_tune "${few[@]}" "${student[@]}" --model_dir="$output/distilled" \
  --init_checkpoint="$output/student"
evaluate distilled

# The same student without a teacher.
job fine_tune "${few[@]}" "${student[@]}" --model_dir="$output/plain"
evaluate plain
job compare --evaluations="teacher=$output/teacher-evaluation,\
distilled=$output/distilled-evaluation,plain=$output/plain-evaluation"

# The distilled student for TensorFlow Serving, for LiteRT and for Python, and a sentence through
# each of the two files that it is then.
if [ ! -e "$output/export/1" ]; then
  job export --model_dir="$output/distilled" --export_dir="$output/export" \
    --metrics="$output/distilled-evaluation/metrics.json" --data=testdata/ud --license=Apache-2.0
fi
sentence="the old teacher does n't see the red boat ."
for model in "$output/export/1" "$output/export/1/model.tflite"; do
  echo
  echo "== Tagging with $model: $sentence"
  echo "$sentence" |
    "$VENV_PYTHON" run_scripts/tag.py --model="$model" --input_format=words --scores
done

echo
echo "All of it is in $output. Look at teacher/training_curves.png, teacher-evaluation/upos.png and"
echo "export/1/model_card.md."
