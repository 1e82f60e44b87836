"""Custom actions: what the dialogue does with the customer store. One module for each skill."""
