"""Head office's database: one module a subject."""
