"""Tells other systems what happens to hand-offs."""
