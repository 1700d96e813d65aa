"""Live Metrics: what a client tells once a second while somebody watches, and what it is asked for.

Messages, the filters that a server sends, and the counting of envelopes by them. Client and server
share the counting, because a server counts for the clients that cannot. No I/O, no clock.
"""
