"""X12 interchanges: read by content, written by the guides, checked by a second opinion."""
