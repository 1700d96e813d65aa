"""What `evaluate` runs: tables made of tables, as rows.

Shape and how to add one: plugin.py; all of them: registry.py.

Families: columns (bag_unpack, pivot, narrow). Reading `evaluate` itself stands in
operators/evaluate.py.
"""
