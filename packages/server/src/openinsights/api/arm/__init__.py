"""Management in the shape of Azure's: for its tools, the command line and the portal."""
