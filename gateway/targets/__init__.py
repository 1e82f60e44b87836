"""Where conversations go whose customers want a person."""
