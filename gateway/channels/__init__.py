"""Adapters between the outside and `gateway.conversation`: one module per channel."""
