"""Using a trained model: exporting it, tagging with it."""
