"""What the practice's own people do: work that stays inside, and a call that no system has, recorded on its case."""
