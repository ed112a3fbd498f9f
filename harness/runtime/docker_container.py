"""The containers of a lab: how each is created, confined, tied to our life, and recognised as ours."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from droplab.harness.definition.lab import LabNode
from droplab.harness.errors import MachineLacks
from droplab.harness.runtime.docker_daemon import Attached, heard

if TYPE_CHECKING:
    from docker import APIClient

IMAGE = "droplab-lab:1"

CAPABILITIES = ("NET_ADMIN", "NET_RAW", "SETUID", "SETGID", "KILL", "CHOWN", "DAC_OVERRIDE")
"""For nginx's workers, kill, tcpdump -w and reading nginx's logs; without any other (facts/docker-and-peers.md)."""

PROCESSES = 256
MEMORY_BYTES = 512 << 20
FILE_BYTES = 64 << 20
"""For one file: as large as the whole disk of a netns node. For all of a container docker has no limit on ext4."""


@dataclass(frozen=True)
class Owner:
    """Whose containers they are: the run, and the machine whose /run/droplab has its run file."""

    run_id: str
    host: str

    @property
    def labels(self) -> dict[str, str]:
        """The labels that every container of the run carries."""
        return {"droplab.run": self.run_id, "droplab.host": self.host}

    def name(self, node: str) -> str:
        """The container's name: known before it exists."""
        return f"droplab-{self.run_id}-{node}"


@dataclass
class Container:
    """A started container that waits for ``begin``. Its standard input is our lifeline until then, or for good."""

    id: str
    pid: int
    stdin: Attached

    def begin(self) -> None:
        """Let it start its services: the node is wired."""
        self.stdin.write(b"begin\n")


def command(node: LabNode, *, outlives: bool) -> list[str]:
    """Wait to be wired, start the services as children of the container's init, then stay.

    A foreground lab's container stays until its standard input ends, a started one until it is removed.
    """
    services = [f"({service.run} &)" for service in node.services]
    stay = "exec sleep infinity" if outlives else "exec cat >/dev/null"
    return ["sh", "-c", "; ".join(["read -r begin || exit 1", *services, stay])]


def launch(client: APIClient, node: LabNode, owner: Owner, *, outlives: bool) -> Container:
    """Create and start the container of a node, without any network. Removal by label undoes it at any point."""
    with heard(f"starting node {node.name}"):
        made = client.create_container(
            IMAGE,
            command(node, outlives=outlives),
            name=owner.name(node.name),
            hostname=node.name,
            labels=owner.labels,
            stdin_open=True,
            host_config=client.create_host_config(**_confinement()),
        )
        stdin = Attached(client, made["Id"])
        try:
            client.start(made["Id"])
            state = client.inspect_container(made["Id"])["State"]
        except BaseException:
            stdin.close()
            raise
    return Container(made["Id"], int(state["Pid"]), stdin)


def _confinement() -> dict[str, Any]:
    """No network but ours, few rights, and no way to come back by itself without its network."""
    return {
        "network_mode": "none",
        "cap_drop": ["ALL"],
        "cap_add": list(CAPABILITIES),
        "security_opt": ["no-new-privileges"],
        "pids_limit": PROCESSES,
        "mem_limit": MEMORY_BYTES,
        "ulimits": [{"Name": "fsize", "Soft": FILE_BYTES, "Hard": FILE_BYTES}],
        "init": True,
        "auto_remove": True,
    }


def host_id() -> str:
    """The random name of this machine's run files, made at the first use. Raises MachineLacks.

    Another machine, or a container with another /run, may use the same daemon: its containers are not ours.
    """
    path = Path(os.environ.get("DROPLAB_RUN_DIR", "/run/droplab")) / "host"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            draft = path.with_name(f"host.{secrets.token_hex(4)}")
            draft.write_text(secrets.token_hex(8))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise MachineLacks(f"{path}: {error.strerror}; droplab runs as root: use sudo") from error
