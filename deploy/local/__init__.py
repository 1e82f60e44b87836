"""One machine: sets everything up and supervises it. Standard library only, since it runs before anything exists."""
