"""The JSON API: the same doors and the same engine as the pages."""
