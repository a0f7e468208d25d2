"""What scripts import that takes long, in the environment that they make for it."""

from importlib import import_module

from minibert.cli import prepare_for_tensorflow

prepare_for_tensorflow()
for _name in ("evaluation.evaluate", "serving.export", "training.distill", "training.fine_tune"):
    import_module(f"minibert.{_name}")
