"""Reading by search what a server's export leaves out: `docs/bulk-data.md` says how, and what it cannot see."""
