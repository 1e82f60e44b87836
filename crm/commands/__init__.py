"""The commands of `python -m crm`, by area.

A module's `add_to` adds its commands; a command's `run` gets the parsed options and returns its exit status (None: 0).
"""
