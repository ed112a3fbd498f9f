"""What the author of a probe writes: one class in ``harness/probes/<kind>.py``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from droplab.harness.contracts.measurement import Measurement, Metric
from droplab.harness.contracts.node import Node


class Probe(BaseModel, ABC):
    """A way to look at the network from a node. The fields are the parameters in YAML.

    In a definition ``{node: client, syn: "nginx:80", count: 300}`` the kind is the key ``syn``, its value is
    ``target``, and every other key is a field. A probe changes nothing in the node that outlasts it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metrics: ClassVar[Mapping[str, Metric]]
    """Every metric that a measurement may carry, with its type."""

    needs: ClassVar[tuple[str, ...]] = ()
    """Tools of the host that it runs."""

    target: str = Field(
        default="", description="what to probe: a node name or an IPv4 address, with :port where one is needed"
    )
    count: int | None = Field(
        default=None, ge=1, le=100_000, description="how many probes; by default as many as the test needs"
    )

    @abstractmethod
    def measure(self, node: Node) -> Measurement:
        """Measure once from ``node``. Raises NodeLost when the node or its interface is gone."""
