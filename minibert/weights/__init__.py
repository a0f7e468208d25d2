"""Public checkpoints into encoders."""
