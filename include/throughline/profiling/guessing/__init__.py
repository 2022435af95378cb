"""Writes the definition of a source from a sample of its table, with guesses to be corrected."""
