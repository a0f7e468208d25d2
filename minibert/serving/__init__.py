"""Using a trained model: tagging files."""
