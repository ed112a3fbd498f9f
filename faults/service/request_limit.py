"""A limit of requests that is too low."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from droplab.faults.service._nginx import ERROR_LOG, RELOAD, directive, holds, replaced
from droplab.harness.contracts.change import Change
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter

WORDS = "limiting requests, excess"
TRIES = 20


class RequestLimit(Fault):
    """nginx answers a few requests a second from each address and refuses the others with 503.

    A person who looks at one page sees nothing; a page with many parts, or an office behind one address, does.
    """

    needs: ClassVar = ("sed", "grep", "pgrep", "nginx")
    symptom: ClassVar = "The first request succeeds, the next ones at once get HTTP 503; a second later it works again."
    evidence: ClassVar = "nginx's error.log: limiting requests, excess: ... by zone. nginx -T: limit_req."
    lookalike: ClassVar = (
        "A dead upstream: 502 or 504, and the log names it. A SYN rate limit: connections are slow to open, by whole "
        "seconds, and no status is 503."
    )
    remedy: ClassVar = "Raise the rate or give a burst in the limit_req lines of nginx.conf, then reload."
    look: ClassVar = (f"tail {ERROR_LOG}", r"\[error\] .*limiting requests, excess")
    looks_like: ClassVar = LooksLike("unreadable_files")

    rate: int = Field(default=1, ge=1, le=50, description="requests per second from one address")

    def plan(self, node: Node) -> Change:
        """Write the limit into the http block and reload."""
        before = directive(node, r"^http \{", "request_limit")
        limit = f"limit_req_zone $binary_remote_addr zone=each:1m rate={self.rate}r/s; limit_req zone=each;"
        after = f"{before} {limit}"
        return Change(
            apply=(replaced(f"^{before}", after), RELOAD),
            present=holds(limit),
            revert=(replaced(f"^{after}", before), RELOAD),
            place="node",
        )

    def signature(self) -> Signature:
        """Of many requests one after another most are refused, and the log counts them; SYNs are spared."""
        told = ("grep", "-c", WORDS, ERROR_LOG)
        return Signature(
            trigger=ProbeSpec("http", "outcome", {"count": TRIES, "timeout_s": 1.5}),
            symptom="changes",
            becomes=("http_error",),
            traces=(OwnCounter("lines in error.log", told, r"^(\d+)$", "any", "node"),),
            spared=ProbeSpec("syn", "loss", {"count": 300}),
        )
