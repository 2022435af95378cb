"""The worlds of a clone: what is known of each, which are up, and how to stop and remove them."""
