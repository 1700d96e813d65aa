"""What applications are doing this second: Live Metrics in, snapshots for viewers out.

One direction: posts of clients, and accepted rows of those that cannot post > a ring of 60 seconds
per resource > a snapshot per second for each viewer. Clients send only while somebody views; what
they sent is never stored.
"""
