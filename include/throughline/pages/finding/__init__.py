"""The search for a case or a person: what fits, and the page that shows it."""
