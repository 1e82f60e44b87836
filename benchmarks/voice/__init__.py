"""The voice channel: how well it hears, how long callers wait, how many can."""
