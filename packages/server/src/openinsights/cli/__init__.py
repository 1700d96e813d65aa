"""The command line: one file per command; every one says what to do when it fails."""
