"""Live Metrics: tells a server once a second what this process does, while somebody watches there.

Nobody watches most of the time. Then this is one small request every five seconds, and nothing is
looked at or counted. Nothing in here is imported before the first telemetry of a process is sent.
"""
