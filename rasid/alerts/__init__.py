"""Rules and alerts: what matches, what is decided, pure."""
