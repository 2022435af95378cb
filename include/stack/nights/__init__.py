"""One night after another on a laptop: run the chain, follow it, let the staff act, say how it went."""
