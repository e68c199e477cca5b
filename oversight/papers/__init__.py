"""Letters: what is shown before is what is issued."""
