"""Pages for a practice that begins: what is only observed."""
