"""Treebanks to sentences, sentences to TFRecords, TFRecords to batches of wordpieces."""
