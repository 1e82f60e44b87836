"""Understanding: what a customer's sentence means, as Rasa graph components."""
