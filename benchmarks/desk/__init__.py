"""The staff desk under load: agents, customers with a person, customers with the bot, on one machine."""
