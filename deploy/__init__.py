"""How Careline is installed and kept running."""
