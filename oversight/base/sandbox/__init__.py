"""Programs of their own, without rights, that read what strangers send."""
