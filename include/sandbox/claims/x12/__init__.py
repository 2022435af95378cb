"""X12 005010 as the sandbox speaks it: it reads 837P and 270, and writes 837P, 999, TA1, 277CA, 271, 835.

Plain dataclasses go in and come out; nothing here knows the world. Shared with nobody on purpose: a
mistake in reading a standard must not cancel against the same mistake in writing it.
"""
