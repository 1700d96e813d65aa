"""The tabular operators: one file each, listed in registry.py."""
