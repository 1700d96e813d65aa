"""A self-hosted, wire-compatible Application Insights."""
