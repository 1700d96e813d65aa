"""What is due when: jobs at regular instants, each instant once."""
