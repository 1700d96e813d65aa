"""The Application Insights wire format."""
