"""Throughline carries each identified patient through to a proven end."""
