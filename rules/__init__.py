"""The trade itself: what a basket costs, what a member earns, what adds up.

Everything here is pure: no clock, no I/O, no floats. The same arguments give the same answer, at the till, on the test
bench and at head office.
"""
