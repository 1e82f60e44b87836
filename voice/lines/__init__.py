"""Ways to a call that need no telephone system."""
