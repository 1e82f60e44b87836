"""Values customers say, as data: pure functions on the standard library alone, shared with the action server."""
