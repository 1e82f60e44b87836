"""What customers are like and what they need: description, comparison, correlation, segments, rules, lapse."""
