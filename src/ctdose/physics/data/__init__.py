"""Shipped physics data, read with importlib.resources."""
