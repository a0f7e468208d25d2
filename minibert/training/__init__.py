"""Training: optimization, the loop, and the jobs that use it."""
