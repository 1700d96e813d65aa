"""Tracing of the calls made with the client of aiohttp."""
