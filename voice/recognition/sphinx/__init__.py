"""pocketsphinx: less is understood, but it runs where the network's libraries cannot be installed."""
