"""What every other room of the client stands on: context, queues, periodic work, transports.

Another installed distribution may add modules to this package.
"""

from __future__ import annotations

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
