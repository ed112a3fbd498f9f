"""The files that name a node and its neighbours, the same on both runtimes."""

from __future__ import annotations

from collections.abc import Mapping

from droplab.harness.definition.lab import LabNode, NodeFile


def etc_files(node: LabNode, hosts: Mapping[str, str]) -> tuple[NodeFile, ...]:
    """/etc/hosts, /etc/hostname and /etc/resolv.conf of a node."""
    known = "".join(f"{address}\t{name}\n" for name, address in hosts.items())
    contents = {
        "/etc/hosts": f"127.0.0.1\tlocalhost\n{known}",
        "/etc/hostname": f"{node.name}\n",
        "/etc/resolv.conf": "".join(f"{line}\n" for line in node.resolv_conf),
    }
    return tuple(NodeFile(path, text.encode()) for path, text in contents.items())
