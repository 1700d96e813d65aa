"""Rules: what is measured, with what it is compared, and when that counts."""
