"""Finds out which machine or container a program runs on, for programs that ask.

Nothing else in this client asks: only a program's own call makes the requests to its host.
"""
