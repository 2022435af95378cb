"""One person across systems: which person each source record belongs to, with what certainty."""

from throughline.identity.links import link_persons

__all__ = ["link_persons"]
