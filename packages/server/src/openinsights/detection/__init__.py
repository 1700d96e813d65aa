"""Smart detection: finds what differs from a resource's own past, with nothing configured.

`detectors` are pure (series in, findings out; numpy, no clock); `engine` asks for the series
through the query room, keeps what it learned in memory and its findings in the catalog; routes and
ARM shapes show them. Fires through the book of alerts; sends nothing itself.
"""
