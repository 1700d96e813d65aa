"""The trace goes along into greenlets."""
