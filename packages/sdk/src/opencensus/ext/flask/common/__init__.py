"""The version of the Flask integration."""
