"""Evaluation: counts of right and wrong labels, and the tables and plots made of them."""
