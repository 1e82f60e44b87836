"""The customer store measured: look-ups beside the same store without encryption, and what grows with its size."""
