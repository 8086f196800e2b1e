"""Alerts on their way to people: receivers, messages, the outbox, and the service that watches itself."""
