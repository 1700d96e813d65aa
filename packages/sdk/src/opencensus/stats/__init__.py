"""Stats: measures that a program records and views that aggregate them."""
