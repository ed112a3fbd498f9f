"""Faults of TCP: queues of listeners, options, ports, and servers that do not answer."""
