"""The staff desk's door: logging in, sessions, and who may do what."""
