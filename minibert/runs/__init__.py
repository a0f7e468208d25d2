"""The directory of a run: the model, its checkpoints, its best epoch, what was measured."""
