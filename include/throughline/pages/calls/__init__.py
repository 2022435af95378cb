"""A call that no system has: recorded on the page of its case, and taken back there."""
