"""Calls: the transports that bring them, their record, and their hand-off to people."""
