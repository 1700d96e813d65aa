"""Scalar functions of series (arrays of numbers): arithmetic, comparison, statistics, fill, fit.

(The second KQL engineer is writing this file now, 10:31.)
"""
