"""Dumps of Wikipedia to records of unlabeled text, on Apache Beam."""
