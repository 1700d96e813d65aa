"""Extensions: exporters, and one room for each library that the client can watch.

Another installed distribution may add packages below this one.
"""

from __future__ import annotations

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
