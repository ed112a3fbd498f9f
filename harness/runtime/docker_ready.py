"""Whether the docker runtime could work here: the daemon answers, the image is there."""

from __future__ import annotations

from droplab.harness.errors import DroplabError
from droplab.harness.runtime.docker_container import IMAGE
from droplab.harness.runtime.docker_daemon import connect, heard


def daemon_lacks() -> str | None:
    """Why the daemon cannot be used, with what to do about it, or None."""
    try:
        connect().close()
    except DroplabError as error:
        return str(error)
    return None


def image_lacks() -> str | None:
    """Why the image of the nodes cannot be used, with what to do about it, or None. The daemon must answer."""
    try:
        client = connect()
        try:
            with heard("looking for the image"):
                client.inspect_image(IMAGE)  # type: ignore[no-untyped-call]
        finally:
            client.close()
    except DroplabError as error:
        return str(error)
    return None
