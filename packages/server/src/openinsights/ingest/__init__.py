"""From the bytes of a track request to rows in the store, and the reply to its sender.

One direction: body > decode (the wire) > accept > rows > store > reply. Knows no query and no page.
"""
