"""One customer turn, ours beside Rasa's stock configuration on the same data in the same run."""
