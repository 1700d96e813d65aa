"""The functions of the language, as rows. Shape and how to add one: row.py; all of them: registry.py.

Families: arithmetic, strings and paths (operators); conversion; text, numbers, times, dynamics
(scalar functions); aggregates; choices, tables (functions that bind their own arguments); windows
(functions of neighbouring rows).
"""
