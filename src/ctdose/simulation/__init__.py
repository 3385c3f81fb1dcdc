"""Joins exam, scanner and phantom into kernel tables, runs the batches, returns the sums."""
