"""Every name of the language: how it is written, an example, and whether it is run.

Whether a name is run is not written down: `verdict` compiles its example and looks.
"""
