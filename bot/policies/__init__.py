"""Which action comes next: deterministic dialogue with forms that can be interrupted, corrected and resumed."""
