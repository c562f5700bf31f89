"""Every screen at every size, in every language and theme: measured, checked for accessibility, and kept as pictures."""
