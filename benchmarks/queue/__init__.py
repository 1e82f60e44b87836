"""How quick the way to a person is when many wait."""
