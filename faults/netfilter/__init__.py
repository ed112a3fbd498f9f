"""Faults of packet filters and connection tracking."""
