"""The ten classic tables, one file each: their columns, and where each value stands on the wire."""
