#!/usr/bin/env bash
# Trains the model that comes with the package: a teacher from a pretrained encoder on all treebanks
# at once, a vocabulary and unlabeled text, a student distilled from the teacher and fine-tuned,
# exported to int8, evaluated, with its card. Started again it goes on.
#
#   run_scripts/train_box.sh UD_DIR ENCODER_DIR TEXT OUTPUT_DIR
#
# UD_DIR       treebanks, TREEBANK/TREEBANK-ud-SPLIT.conllu, INDEX.tsv and ATTRIBUTION.tsv, under
#              licences that allow to pass on what is made of them
# ENCODER_DIR  config.json, model.safetensors and the vocabulary of a pretrained encoder
# TEXT         files or quoted patterns of unlabeled text, LANGUAGE.txt, a sentence a line
# OUTPUT_DIR   where all goes; OUTPUT_DIR/box is what belongs into minibert/box
#
#   FEATS_UNANNOTATED=a,b     treebanks whose FEATS are not annotated, where others of the language
#                             have them
#   ZERO_SHOT=a,b             files or patterns of dev files of languages that are not shown to it
#   VOCAB_SIZE=36000 LAYERS=4 HIDDEN=256 HEAD_RANK=96         its size
#   MOST_SENTENCES=12000      of unlabeled text, of a language
#   TEACHER_FLAGS, DISTILL_FLAGS, FINE_TUNE_FLAGS, VOCAB_FLAGS   flags that come last
#   TRAINING, LICENSE         lines for the card

set -euo pipefail
if [ $# -ne 4 ]; then
  sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
  exit 1
fi
for wanted in "$1"/INDEX.tsv "$1"/ATTRIBUTION.tsv "$2"/config.json "$2"/model.safetensors; do
  if [ ! -e "$wanted" ]; then
    echo "error: $wanted: not there" >&2
    exit 1
  fi
done
ud=$(realpath "$1") encoder=$(realpath "$2") text=$3
mkdir -p "$4"
output=$(realpath "$4")
vocab_size=${VOCAB_SIZE:-36000}
layers=${LAYERS:-4} hidden=${HIDDEN:-256} rank=${HEAD_RANK:-96}
feats_unannotated=${FEATS_UNANNOTATED-ga_twittirish,pt_gsd}
# What is relative, is so to where the script was called.
source "$(dirname "$0")/setup_env.sh"

read -ra teacher_flags <<< "${TEACHER_FLAGS:-}"
read -ra vocab_flags <<< "${VOCAB_FLAGS:-}"
read -ra distill_flags <<< "${DISTILL_FLAGS:-}"
read -ra fine_tune_flags <<< "${FINE_TUNE_FLAGS:-}"

# Gold words, dev files; $3 are more flags.
evaluate() {
  if [ ! -e "$output/$1" ]; then
    job evaluate --model="$output/$2" --output_dir="$output/$1" "${@:3}"
  fi
}

# The same labels and forms of words for teacher and student.
labeled=(--data_dir="$output/data" --min_label_count=3 --unicode_normalization=nfc-straight)
annotated=(--conllu="$ud" --feats_unannotated="$feats_unannotated")
varied=0.15

job prepare_ud --input_dir="$ud" --output_dir="$output/data" --skip_without_train \
  --feats_unannotated="$feats_unannotated" --variation="$varied"
if [ ! -e "$output/text" ]; then
  job prepare_text --input="$ud/*/*-train.conllu,$text" --output_dir="$output/text" \
    --drop_duplicates --min_characters=4 --held_out_fraction=0.005 --variation="$varied" \
    --max_sentences_per_language="${MOST_SENTENCES:-12000}"
fi
if [ ! -e "$output/vocab.txt" ]; then
  job train_vocab --text_dir="$output/text" --vocab_size="$vocab_size" \
    --unicode_normalization=nfc-straight --output="$output/vocab.txt" "${vocab_flags[@]}"
fi
cat > "$output/student.json" <<EOF
{"vocab_size": $vocab_size, "hidden_size": $hidden, "num_hidden_layers": $layers,
 "num_attention_heads": 4, "intermediate_size": $((4 * hidden))}
EOF

job fine_tune --flagfile="$ROOT/run_scripts/teacher_e5.flagfile" "${labeled[@]}" \
  --init_checkpoint="$encoder" --model_dir="$output/teacher" "${teacher_flags[@]}"
job cache_teacher_outputs --teacher_dir="$output/teacher" --transfer_dir="$output/text" \
  --output_dir="$output/outputs" --positions=words --top_k=16
job distill --teacher_outputs_dir="$output/outputs" --teacher_dir="$output/teacher" \
  --init_embeddings=svd --vocab_file="$output/vocab.txt" --bert_config="$output/student.json" \
  --composition --nocompose_pieces --head_rank="$rank" --temperature=1 --epochs=4 \
  --batch_size=128 --learning_rate=1e-3 --model_dir="$output/student" "${distill_flags[@]}"
job fine_tune "${labeled[@]}" --init_checkpoint="$output/student" --nocompose_pieces \
  --head_rank="$rank" --sentences_per_treebank=1500 --epochs=8 --learning_rate=3e-4 \
  --model_dir="$output/model" "${fine_tune_flags[@]}"

if [ ! -e "$output/export/1" ]; then
  job export --model_dir="$output/model" --export_dir="$output/export" --version=1 --nowarmup
fi
tflite=export/1/model.tflite
evaluate teacher-evaluation teacher "${annotated[@]}"
evaluate evaluation "$tflite" "${annotated[@]}"
zero_shot=()
if [ -n "${ZERO_SHOT:-}" ]; then
  evaluate zero-shot-evaluation "$tflite" --conllu="$ZERO_SHOT" --include_untuned
  zero_shot=(--zero_shot_evaluation="$output/zero-shot-evaluation/metrics.json")
fi
if [ ! -e "$output/box" ]; then
  job build_box --export="$output/export/1" --evaluation="$output/evaluation/metrics.json" \
    --teacher_evaluation="$output/teacher-evaluation/metrics.json" "${zero_shot[@]}" \
    --index="$ud/INDEX.tsv" --attribution="$ud/ATTRIBUTION.tsv" \
    --training="${TRAINING:-by run_scripts/train_box.sh}" --license="${LICENSE:-not stated}" \
    --output_dir="$output/box"
fi
