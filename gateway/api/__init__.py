"""The staff API under /api/v1: what the desk's pages do, for other systems."""
