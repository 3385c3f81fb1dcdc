"""Data of the phantoms: reference masses, geometry, landmarks, each with its source."""
