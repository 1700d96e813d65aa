"""What older code imports to turn reports about the sending off: there are none to turn off here.

Nothing in this package collects or sends anything, and no option or variable changes that.
"""
