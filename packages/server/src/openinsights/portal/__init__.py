"""The web portal's server side: named questions (tiles), their routes and the built pages."""
