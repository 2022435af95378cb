"""Runs nights on a laptop: start the chain, follow it, let the staff act, report the result."""
