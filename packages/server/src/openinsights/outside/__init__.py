"""What the server calls of its own accord, and which addresses it may call so."""
