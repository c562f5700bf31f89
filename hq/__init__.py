"""Head office: receives every store's messages, watches the stores, and shows them on a wall."""
