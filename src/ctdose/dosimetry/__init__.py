"""From tallies to organ dose, effective dose and dose maps, each with its standard error."""
