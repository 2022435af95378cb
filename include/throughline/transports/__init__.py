"""How bytes come and go, whatever they say: addresses of systems, and the ways to reach them.

A transport knows nothing of the standard of what it carries. Importing this package costs little:
the module of a way is imported by who goes it.
"""

from throughline.transports.address import Address, SourceUnavailable

__all__ = ["Address", "SourceUnavailable"]
