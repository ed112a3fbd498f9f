"""What a node is like, so that "gone" can mean "equal to the baseline".

Every section is equal after the normalisation in ``normalise``; what is in no section is not promised.
"""

from droplab.harness.engine.snapshot.compare import Difference, diff
from droplab.harness.engine.snapshot.model import Group, Section, Snapshot
from droplab.harness.engine.snapshot.taking import take, take_network

__all__ = ["Difference", "Group", "Section", "Snapshot", "diff", "take", "take_network"]
