"""The docker daemon as droplab speaks to it: one client, one place where its errors become ours."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from droplab.harness.errors import CommandFailed, DroplabError, MachineLacks, NodeLost

if TYPE_CHECKING:
    from docker import APIClient

TIMEOUT_S = 30
"""For one answer of the daemon; creating a container on a busy machine takes a second or two."""

CONFLICT = 409

HOW_TO_START = "start it: systemctl start docker, or in droplab's folder: sudo scripts/dockerd"


def connect() -> APIClient:
    """A client of the daemon that DOCKER_HOST or the default socket names. Raises MachineLacks."""
    with heard("connecting"):
        import docker
        from docker.utils import kwargs_from_env

        settings = kwargs_from_env()
        _try_socket(settings.get("base_url", "unix:///var/run/docker.sock"))
        return docker.APIClient(version="auto", timeout=TIMEOUT_S, **settings)


def _try_socket(url: str) -> None:
    """Raise what connecting to a unix socket raises; the client would wrap it, and leave its own socket open."""
    for scheme in ("unix://", "http+unix://"):
        if url.startswith(scheme):
            with socket.socket(socket.AF_UNIX) as trial:
                trial.connect(url.removeprefix(scheme))


@contextmanager
def heard(what: str) -> Iterator[None]:
    """Run a conversation with the daemon; its failures leave as one line of ours that says ``what`` was asked.

    An answer that the container is gone or stopped is NodeLost, another refusal CommandFailed, no answer MachineLacks.
    """
    import requests
    from docker.errors import APIError, DockerException

    try:
        yield
    except APIError as error:
        raise _refused(error.status_code, str(error.explanation or error), what) from error
    except PermissionError as error:
        raise MachineLacks(f"docker: {what}: {error.strerror}; droplab runs as root: use sudo") from error
    except (DockerException, requests.RequestException, OSError) as error:
        raise MachineLacks(f"docker: {what}: the daemon does not answer ({_root_of(error)}); {HOW_TO_START}") from error


def _refused(status: int | None, explanation: str, what: str) -> DroplabError:
    words = " ".join(explanation.split())
    if status == 404 and "image" in words.lower():
        return MachineLacks(f"docker: {what}: {words}; build the image: make image")
    if status == 404 or "is not running" in words or "is paused" in words:
        return NodeLost(f"docker: {what}: {words}")
    return CommandFailed(f"docker: {what}: {words}")


def _root_of(error: BaseException) -> str:
    """The innermost cause in words: requests and urllib3 wrap the system's error four times."""
    while (inner := error.__cause__ if error.__cause__ is not None else error.__context__) is not None:
        error = inner
    strerror = getattr(error, "strerror", None)
    return str(strerror or str(error) or type(error).__name__)


class Attached:
    """The standard input of a container. When it closes, even by our death, the container's command reads its end."""

    def __init__(self, client: APIClient, container: str) -> None:
        self._stream: Any = client.attach_socket(container, params={"stdin": 1, "stream": 1})

    @property
    def _socket(self) -> socket.socket:
        found: socket.socket = getattr(self._stream, "_sock", self._stream)
        return found

    def write(self, data: bytes) -> None:
        """Send to the container's command."""
        self._socket.sendall(data)

    def close(self) -> None:
        """End of file for the container's command; idempotent."""
        self._socket.close()
        self._stream.close()


def containers_of(client: APIClient, run_id: str, host: str) -> list[str]:
    """The ids of the containers that this host's run made, running or not, even those still being created."""
    labels = [f"droplab.run={run_id}", f"droplab.host={host}"]
    with heard(f"listing the containers of run {run_id}"):
        return [row["Id"] for row in client.containers(all=True, filters={"label": labels})]


def remove_all(client: APIClient, containers: Sequence[str]) -> None:
    """Kill and remove containers at once, and wait until the daemon has forgotten them. Raises as ``heard`` does."""
    if containers:
        with ThreadPoolExecutor(len(containers)) as pool:
            list(pool.map(lambda container: _remove(client, container), containers))


def _remove(client: APIClient, container: str) -> None:
    """That it is gone is fine; when it is on its way out by itself (auto_remove), wait for that."""
    from docker.errors import APIError, NotFound

    with heard(f"removing container {container[:12]}"):
        try:
            client.remove_container(container, force=True, v=True)
        except NotFound:
            return
        except APIError as error:
            if error.status_code != CONFLICT:
                raise
            _await_removal(client, container)


def _await_removal(client: APIClient, container: str) -> None:
    from docker.errors import NotFound

    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            client.inspect_container(container)
        except NotFound:
            return
        time.sleep(0.01)
    raise NodeLost(f"docker: container {container[:12]} is being removed for {TIMEOUT_S} s already")
