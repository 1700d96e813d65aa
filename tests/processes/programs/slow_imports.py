"""Forks while a sending thread imports what it needs from a slow disk."""

import os
import sys
import threading
import time
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
begun = threading.Event()


class SlowDisk:
    def find_spec(self, name, path=None, target=None):
        if name == "encodings.idna":
            begun.set()
            time.sleep(0.5)


if __name__ == "__main__":
    sys.meta_path.insert(0, SlowDisk())
    from reporting import OPTIONS, exporter, say

    say("parent")
    threading.Thread(target=exporter.flush, daemon=True).start()
    assert begun.wait(10)
    began = time.monotonic()
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] == 0
        assert time.monotonic() - began < OPTIONS["grace_period"] - 1
    else:
        # The child's sending threads must not get the identity of the one that imported.
        for _ in range(8):
            threading.Thread(target=time.sleep, args=(10,), daemon=True).start()
        say("child")
