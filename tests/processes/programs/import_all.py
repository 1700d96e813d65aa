"""Imports every module of the client; prints those that did not come, with the reason."""

import importlib
import pkgutil

import opencensus
from opencensus.ext.refused import INSTEAD

if __name__ == "__main__":
    found = [one.name for one in pkgutil.walk_packages(opencensus.__path__, "opencensus.")]
    for name in found:
        if name.removeprefix("opencensus.ext.") in INSTEAD:
            # They say at once what to use instead.
            continue
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            print(name, "needs", error.name)
    print("imported", len(found))
