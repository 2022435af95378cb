"""One person across systems: who each source record belongs to, how sure, and since when."""

from throughline.identity.links import link_persons

__all__ = ["link_persons"]
