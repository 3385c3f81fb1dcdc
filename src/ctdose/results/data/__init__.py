"""Data files of the package; each names its sources."""
