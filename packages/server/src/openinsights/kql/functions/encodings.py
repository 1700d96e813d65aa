"""Scalar functions of encoded values: hash(), hash_xxhash64, parse_version, IP addresses.

(The second KQL engineer is writing this file now, 10:31.)
"""
