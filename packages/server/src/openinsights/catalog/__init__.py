"""What is configured: resources and their keys, kept in a small SQL database with migrations."""
