"""X12 interchanges, read by their content."""
