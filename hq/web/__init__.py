"""The wall: every store at a glance."""
