"""REST over HTTP in the shapes that Azure's clients know; each file is one noun, HTTP only."""
