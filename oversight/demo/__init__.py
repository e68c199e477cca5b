"""The demo zone: all fictitious, told through the real engine."""
