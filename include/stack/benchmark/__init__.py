"""Measures what a night costs by how many patients there are, and by how much changed."""
