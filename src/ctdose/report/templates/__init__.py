"""Templates, style and scripts of the report."""
