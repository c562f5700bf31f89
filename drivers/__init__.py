"""Everything outside the process that can break: readers, printers, the broker, the service manager.

A driver knows its device and nothing of the shop. It imports nothing of ours but value types of `rules`, and one
third-party library a module.
"""
