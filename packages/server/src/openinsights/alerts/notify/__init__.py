"""Tells people about alerts: who, when, in which form, and until it has arrived."""
