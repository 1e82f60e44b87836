"""Ways to classify intents, from decision trees to the shipped pipeline, on the same sentences."""
