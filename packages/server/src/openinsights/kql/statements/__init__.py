"""Statements other than queries: one file each, with how it is read and what it means."""
