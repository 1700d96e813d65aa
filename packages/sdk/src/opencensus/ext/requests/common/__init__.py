"""The version of the requests integration."""
