"""Faults of interfaces, queues and neighbours."""
