"""What can be done with the store: verbs over a session. They return domain objects, never rows."""
