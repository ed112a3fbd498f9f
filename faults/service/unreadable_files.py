"""A file that the server may not read."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from droplab.faults.service._nginx import ERROR_LOG
from droplab.harness.contracts.change import Change, Question, run_at
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import OwnCounter
from droplab.harness.errors import UsageError

OWNER_ONLY = "600"


class UnreadableFiles(Fault):
    """A file of the site belongs to root and nobody else may read it: nginx's workers answer 403.

    Typical after a deployment by root with a strict umask. The network has no part in it: the answer comes at once.
    """

    needs: ClassVar = ("chmod", "stat", "grep")
    symptom: ClassVar = "HTTP 403 Forbidden at once for one page; other files, the handshake and ping are well."
    evidence: ClassVar = (
        "nginx's error.log: (13: Permission denied), with the path. ls -l shows mode 600 and owner root."
    )
    lookalike: ClassVar = (
        "A deny rule of nginx: 403 as well, but the log says access forbidden by rule. A missing index: "
        "directory index is forbidden. A request limit: 503."
    )
    remedy: ClassVar = "chmod 644 the file; the folders above it need x for www-data as well."
    look: ClassVar = (f"tail {ERROR_LOG}", r"index\.html\" .*\(13: Permission denied\)")
    looks_like: ClassVar = LooksLike("request_limit")

    path: str = Field(
        default="/var/www/html/index.html", pattern=r"^(/[\w.-]+)+$", description="the file, as the node names it"
    )

    def memoryless(self) -> bool:
        """Every request for the file is refused."""
        return True

    def plan(self, node: Node) -> Change:
        """Change the mode; undoing sets the old one."""
        ask = ("stat", "-c", "%a", self.path)
        before = run_at(node, "node", ask, check=False).stdout.strip()
        if not before:
            raise UsageError(f"unreadable_files: {node.name} has no file {self.path}")
        return Change(
            apply=(("chmod", OWNER_ONLY, self.path),),
            present=Question(ask, rf"^{OWNER_ONLY}$", "node"),
            revert=(("chmod", before, self.path),),
            original=Question(ask, rf"^{before}$", "node"),
            place="node",
        )

    def signature(self) -> Signature:
        """The page is refused and the log says why; SYNs are spared."""
        told = ("grep", "-c", f"{self.path}.*(13: Permission denied)", ERROR_LOG)
        return Signature(
            trigger=ProbeSpec("http", "outcome", {"timeout_s": 1.5}),
            symptom="changes",
            becomes=("http_error",),
            traces=(OwnCounter("lines in error.log", told, r"^(\d+)$", "any", "node"),),
            spared=ProbeSpec("syn", "loss", {"count": 300}),
        )
