"""What the tables are: columns as rows, and the App* names beside the classic ones. A leaf."""
