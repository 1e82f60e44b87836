"""The gateway, with taps: see `__main__`. A package, so that its workers do not import it anew."""
