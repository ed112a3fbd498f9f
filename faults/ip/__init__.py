"""Faults of routing, forwarding and path MTUs."""
