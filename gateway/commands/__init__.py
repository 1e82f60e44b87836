"""What `python -m gateway` does beside serving."""
