#!/usr/bin/env bash
# The whole of Tsai et al. 2019, sections 2 to 4: for parts of speech and for morphology a teacher from
# the public multilingual BERT, MiniBERT distilled from it and fine-tuned, and MiniBERT without a
# teacher; and the table that compares them (tables 4 and 7), on the test files. Started again it goes
# on.
#
#   run_scripts/reproduce.sh UD_DIR BERT_DIR TRANSFER_DIR OUTPUT_DIR
#
# UD_DIR        treebanks, TREEBANK-ud-SPLIT.conllu, as in a release of Universal Dependencies
# BERT_DIR      bert_config.json, vocab.txt and bert_model.ckpt.* of BERT-Base, Multilingual Cased
# TRANSFER_DIR  unlabeled text, a sentence a line, LANGUAGE.txt
# OUTPUT_DIR    where all goes
#
#   TASKS="upos feats"       the tasks
#   SPLIT=test               the split to evaluate on
#   FINE_TUNE_FLAGS, DISTILL_FLAGS, PREPARE_FLAGS   flags that come last, for a run on less data

set -euo pipefail
if [ $# -ne 4 ]; then
  sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
  exit 1
fi
for directory in "${@:1:3}"; do
  if [ ! -d "$directory" ]; then
    echo "error: $directory: no such directory" >&2
    exit 1
  fi
done
ud=$(realpath "$1") bert=$(realpath "$2") transfer=$(realpath "$3")
for wanted in "$bert"/{bert_config.json,vocab.txt,*.index} "$transfer"/*.txt; do
  if [ ! -e "$wanted" ]; then
    echo "error: $wanted: not there" >&2
    exit 1
  fi
done
for task in ${TASKS:-upos feats}; do
  if [ "$task" != upos ] && [ "$task" != feats ]; then
    echo "error: TASKS=$TASKS: there are upos and feats" >&2
    exit 1
  fi
done
mkdir -p "$4"
output=$(realpath "$4")
source "$(dirname "$0")/setup_env.sh"
cd "$ROOT"

read -ra fine_tune_flags <<< "${FINE_TUNE_FLAGS:-}"
read -ra distill_flags <<< "${DISTILL_FLAGS:-}"
read -ra prepare_flags <<< "${PREPARE_FLAGS:-}"
data=(--vocab_file="$bert/vocab.txt" --data_dir="$output/data")

evaluate() {
  if [ ! -e "$output/$1-evaluation" ]; then
    job evaluate --model="$output/$1" --conllu="$ud" --split="${SPLIT:-test}" \
      --output_dir="$output/$1-evaluation"
  fi
}

job prepare_ud --input_dir="$ud" --output_dir="$output/data" --vocab_file="$bert/vocab.txt" \
  --skip_without_train "${prepare_flags[@]}"
if [ ! -e "$output/text" ]; then
  job prepare_text --input="$transfer/*.txt" --output_dir="$output/text" --drop_duplicates
fi
for task in ${TASKS:-upos feats}; do
  epochs=10
  if [ "$task" = feats ]; then
    epochs=50
  fi
  job fine_tune --flagfile="run_scripts/mbert_$task.flagfile" "${data[@]}" \
    --bert_config="$bert/bert_config.json" --init_checkpoint="$bert" \
    --model_dir="$output/mbert-$task" "${fine_tune_flags[@]}"
  evaluate "mbert-$task"
  job cache_teacher_outputs --teacher_dir="$output/mbert-$task" \
    --transfer_dir="$output/text" --output_dir="$output/outputs-$task"
  job distill --flagfile=run_scripts/minibert_distill.flagfile \
    --vocab_file="$bert/vocab.txt" --teacher_outputs_dir="$output/outputs-$task" \
    --model_dir="$output/student-$task" "${distill_flags[@]}"
  small=(--flagfile=run_scripts/minibert_upos.flagfile "${data[@]}"
    --tasks="$task" --epochs="$epochs" "${fine_tune_flags[@]}")
  job fine_tune "${small[@]}" --init_checkpoint="$output/student-$task" \
    --model_dir="$output/minibert-$task"
  evaluate "minibert-$task"
  job fine_tune "${small[@]}" --model_dir="$output/scratch-$task"
  evaluate "scratch-$task"
done
for task in ${TASKS:-upos feats}; do
  job compare --evaluations="mBERT=$output/mbert-$task-evaluation,\
mMiniBERT=$output/minibert-$task-evaluation,not distilled=$output/scratch-$task-evaluation"
done
