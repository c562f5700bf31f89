"""A bound on the search: a count and not a time, so that every machine stops at the same place."""

from __future__ import annotations

NODE_BUDGET = 30_000
"""Most steps that the search for one quote may take."""


class Budget:
    """Counts down the steps that may still be taken."""

    def __init__(self, nodes: int = NODE_BUDGET) -> None:
        self.left = nodes
        self.exhausted = False

    def spend(self, nodes: int = 1) -> bool:
        """Take so many steps; False when fewer are left, and then none at all are."""
        if self.left < nodes:
            self.left = 0
            self.exhausted = True
            return False
        self.left -= nodes
        return True
