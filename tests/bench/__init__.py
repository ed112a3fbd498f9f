"""``make bench``: every speed that is claimed, as medians and ratios measured in one run."""
