"""The detectors: pure, each in a file of its own, on series of counts."""
