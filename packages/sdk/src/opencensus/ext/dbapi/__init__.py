"""What all databases with the standard Python interface share."""
