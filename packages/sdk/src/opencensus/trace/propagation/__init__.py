"""How a trace's identity travels between processes, one header format per module."""
