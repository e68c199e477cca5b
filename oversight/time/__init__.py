"""What happens when a day has come: calls the rooms above, once and safe to repeat."""
