"""Answers a query: text, resources and timespan in, a typed result out."""
