"""Words to labels with a trained model, in TensorFlow and LiteRT."""
