"""The networks: configurations, the encoder, the tagger on top, and trained models on disk."""
