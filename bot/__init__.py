"""What Rasa loads: understanding, dialogue, channel, tracker store."""
