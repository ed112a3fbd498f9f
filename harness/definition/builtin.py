"""Services that a definition may name without saying how they are run."""

from __future__ import annotations

from importlib.resources import files

from droplab.harness.definition.lab import NodeFile, Service

NGINX = Service("nginx", "nginx", "tcp:80")
"""Debian's nginx with a pinned configuration and welcome page, so that both runtimes serve the same bytes."""

NAMES = ("nginx",)
PLACES = {"/etc/nginx/nginx.conf": "nginx.conf", "/var/www/html/index.html": "index.html"}


def service(name: str) -> tuple[Service, tuple[NodeFile, ...]] | None:
    """A built-in service and its files, or None for an unknown name."""
    if name not in NAMES:
        return None
    folder = files("droplab.harness.definition") / "services" / "nginx"
    return NGINX, tuple(NodeFile(place, (folder / file).read_bytes()) for place, file in PLACES.items())
