"""Exporters for Application Insights and every server that speaks its protocol."""
