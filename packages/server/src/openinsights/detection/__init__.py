"""Smart detection: finds what is unusual without being told what is usual."""
