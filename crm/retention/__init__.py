"""How long data stays, what an erasure does with it, and the rules for both (`crm/reference/privacy.yml`)."""
