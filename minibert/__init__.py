"""minibert: one small multilingual sequence labeler, trained, evaluated and run on a CPU."""

__version__ = "0.1.0"
