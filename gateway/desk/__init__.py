"""The staff desk: pages on which people take conversations over from the bot."""
