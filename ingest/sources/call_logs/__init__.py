"""What logs of model calls share that are landed without prompts and answers."""
