"""The customer store: what the insurer knows, and the verbs that change it."""
