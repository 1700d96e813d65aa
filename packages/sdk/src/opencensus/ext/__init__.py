"""Extensions: exporters, and one room for each library that the client can watch."""
