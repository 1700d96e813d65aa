"""The Application Insights wire format: typed envelopes, strict encoding, lenient decoding.

Both sides read and write telemetry through this package: the client encodes, the server decodes.
No I/O, no clock and no settings live here. Each module stands on its own: import the one needed.
"""
