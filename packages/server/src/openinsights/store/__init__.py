"""Where telemetry lives: the Store protocol and what every store shares; engines in subfolders.

Knows tables and SQL; knows neither KQL nor HTTP nor the wire.
"""
