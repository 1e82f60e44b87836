"""The commands of `python -m voice`, a module each: `add_to(commands)` adds its parser, which names its `run`."""
