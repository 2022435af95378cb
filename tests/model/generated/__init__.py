"""Definitions and histories that nobody wrote: drawn by the rules applied backwards.

`kinds` says what records there are, `drawn` draws a definition, `histories` makes for each person what would answer its
questions in a way decided beforehand, and then lets the world go wrong: late, twice, taken back, never told.
"""
