"""The trace goes along into threads and thread pools."""
