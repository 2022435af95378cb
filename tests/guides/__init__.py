"""The rules of guides that we follow, and our answer to each: `python -m tests.guides`."""
