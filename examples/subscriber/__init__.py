"""A subscriber of the event bus (docs/events.md)."""
