"""What is learned from customers: who will buy or leave, what they need, what to offer next."""
