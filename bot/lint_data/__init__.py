"""`make lint-data`: what is wrong, or may be, with the training sentences of data/nlu and the exam of tests/nlu."""
