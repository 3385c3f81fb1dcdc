"""The report of a result or of a study: one HTML page that needs nothing else."""
