"""The demo: a made-up shop with eight weeks behind it, and everything it needs, started and stopped as one."""

from edge.demo.start import main

__all__ = ["main"]
