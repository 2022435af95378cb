"""Lists of what was: nights, decisions, exceptions that ended, and batches of claims that were sent."""
