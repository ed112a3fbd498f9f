"""The files and the services that a definition puts into its nodes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from ipaddress import ip_address

from droplab.harness.definition import builtin, folder
from droplab.harness.definition.lab import NodeFile, Service
from droplab.harness.definition.nearest import did_you_mean
from droplab.harness.definition.reading import Reading
from droplab.harness.definition.shapes import FileShape, NodeShape
from droplab.harness.definition.yaml_positions import Trail

KERNELS = ("/proc", "/sys", "/dev")
WRITTEN_BY_DROPLAB = {
    "/etc/hosts": "droplab writes it: every node by name",
    "/etc/hostname": "droplab writes it: the name of the node",
    "/etc/resolv.conf": "give its lines as resolv_conf: [nameserver 198.18.53.11]",
}
RESOLVER = ("nameserver", "search", "domain", "options", "sortlist")  # resolv.conf(5)
MOST_BYTES = 256 * 1024 * 1024
"""In all files of all nodes of a lab together: they are held in memory."""


class Files:
    """Makes the files of a lab's nodes, and counts their bytes."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._left = MOST_BYTES

    def of_node(self, shape: NodeShape, given: Mapping[str, NodeFile], trail: Trail) -> tuple[NodeFile, ...]:
        """``given`` (by a built-in service) and the node's own files, which replace those of the same path."""
        found = dict(given)
        for path, source in shape.files.items():
            place = (*trail, "files", path)
            if wrong := _wrong_path(path):
                self._reading.problems.add(place, wrong, of_key=True)
            content = self._content(source, place)
            found[path] = NodeFile(path, content, int(source.mode, 8))
        folders = {parent: path for path in found for parent in _parents(path)}
        for path in shape.files:
            if path in folders:
                words = f"is a file here and a folder in {folders[path]}"
                self._reading.problems.add((*trail, "files", path), words, of_key=True)
        return tuple(found.values())

    def _content(self, source: FileShape, place: Trail) -> bytes:
        if source.file is not None:
            try:
                content = folder.content(self._reading.folder, source.file)
            except folder.NotInFolder as error:
                self._reading.problems.add(place, str(error), source.file)
                return b""
            return content if self._counted(len(content), place) else b""
        if source.content is not None:
            content = source.content.encode()
            return content if self._counted(len(content), place) else b""
        size = source.size or 0
        return bytes(size) if self._counted(size, place) else b""

    def _counted(self, size: int, place: Trail) -> bool:
        fitted = self._left >= 0
        self._left -= size
        if fitted and self._left < 0:
            self._reading.problems.add(place, f"all files of a lab together have at most {MOST_BYTES >> 20} MiB")
        return self._left >= 0


def _wrong_path(path: str) -> str:
    if not path.startswith("/") or path == "/" or path.startswith("//") or posixpath.normpath(path) != path:
        return "expected the path of a file in the node, for example /etc/lab.conf"
    if any(path == tree or path.startswith(f"{tree}/") for tree in KERNELS):
        return f"{path.split('/')[1]} is the kernel's own; use setup for what is set there"
    return WRITTEN_BY_DROPLAB.get(path, "")


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(2, len(parts))]


def services(shape: NodeShape, trail: Trail, reading: Reading) -> tuple[tuple[Service, ...], dict[str, NodeFile]]:
    """The services of a node, and the files that the built-in ones bring."""
    found: list[Service] = []
    files: dict[str, NodeFile] = {}
    for name, own in shape.services.items():
        place = (*trail, "services", name)
        if own is not None:
            service = Service(name, own.run, own.ready)
        elif known := builtin.service(name):
            service, brought = known
            files |= {file.path: file for file in brought}
        else:
            words = "no built-in service; one of your own needs {run: command, ready: tcp:PORT}"
            reading.problems.add(place, words, name, hint=did_you_mean(name, builtin.NAMES))
            continue
        if not 1 <= int(service.ready.partition(":")[2]) <= 65535:
            reading.problems.add((*place, "ready"), "a port is from 1 to 65535", service.ready)
        if clash := next((other.name for other in found if other.ready == service.ready), None):
            reading.problems.add(place, f"{clash} listens on {service.ready} already")
        found.append(service)
    return tuple(found), files


def resolver(shape: NodeShape, trail: Trail, reading: Reading) -> tuple[str, ...]:
    """The lines of /etc/resolv.conf; libc skips what it does not know without a word."""
    for index, line in enumerate(shape.resolv_conf):
        place = (*trail, "resolv_conf", index)
        word, _, rest = re.sub(r"\s+", " ", line.strip()).partition(" ")
        if word not in RESOLVER:
            reading.problems.unknown_value(place, "keyword of resolv.conf", word, RESOLVER)
        elif word == "nameserver" and not _is_address(rest):
            reading.problems.add(place, "a nameserver is given by its IP address", rest)
    return tuple(shape.resolv_conf)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
