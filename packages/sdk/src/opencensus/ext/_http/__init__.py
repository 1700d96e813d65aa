"""What all web frameworks share, and what all HTTP clients share. No framework is imported here."""
