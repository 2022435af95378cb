"""The people, the practice and what happens to them, day by day."""
