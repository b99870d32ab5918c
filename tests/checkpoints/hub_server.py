"""A hub on loopback: enough of the Hugging Face protocol that its true client works against it.

Two servers as in the real thing: the hub answers about files and redirects to the other one, which
holds the bytes by their sha256, honours ranges and never sees a token. Faults are armed by tests.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

_RESOLVE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_BLOB = re.compile(r"/[0-9a-f]{64}")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass(frozen=True)
class Request:
    """What a client asked for."""

    method: str
    path: str
    range: str | None
    token: str | None


@dataclass
class Hub:
    """Repositories, the faults that are armed, and the requests that came."""

    commits: dict[str, dict[str, Mapping[str, bytes]]] = field(default_factory=dict)
    head: dict[str, str] = field(default_factory=dict)
    gated: dict[str, str] = field(default_factory=dict)  #: repository -> the token that may
    errors: deque[int] = field(default_factory=deque)  #: statuses that the hub answers first
    cuts: deque[int] = field(default_factory=deque)  #: bytes after which the next bodies break off
    forged: dict[str, bytes] = field(default_factory=dict)  #: sha256 -> what is sent instead
    held: dict[str, threading.Event] = field(default_factory=dict)  #: sha256 -> goes on when set
    requests: list[Request] = field(default_factory=list)
    url: str = ""
    cdn: str = ""

    def publish(self, repository: str, files: Mapping[str, bytes]) -> str:
        """A new commit, and the newest, that holds these files."""
        versions = self.commits.setdefault(repository, {})
        seed = f"{repository} {len(versions)}".encode()
        commit = hashlib.sha1(seed, usedforsecurity=False).hexdigest()
        versions[commit] = files
        self.head[repository] = commit
        return commit

    def blob(self, digest: str) -> bytes:
        """The bytes that are sent for a sha256."""
        if digest in self.forged:
            return self.forged[digest]
        everything = (
            data
            for versions in self.commits.values()
            for files in versions.values()
            for data in files.values()
        )
        return next(data for data in everything if _sha256(data) == digest)

    def bodies(self) -> list[Request]:
        """Requests for contents of large files."""
        return [seen for seen in self.requests if _BLOB.fullmatch(seen.path)]


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub on ports of its own, until the block ends."""
    hub = Hub()
    servers = [
        ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (kind,), {"hub": hub}))
        for kind in (_HubHandler, _CdnHandler)
    ]
    hub.url, hub.cdn = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


def point_client_at(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The true client in this process talks to ``hub`` and keeps everything in ``folder``.

    It has read its environment when it was imported: what it read is replaced.
    """
    from huggingface_hub import constants

    monkeypatch.setenv("BENCH_CACHE", str(folder / "bench"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("BENCH_WEIGHTS", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "ENDPOINT": hub.url,
        "HUGGINGFACE_CO_URL_TEMPLATE": hub.url + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_CACHE": str(folder / "hub"),
        "HF_TOKEN_PATH": str(folder / "token"),
        "HF_HUB_OFFLINE": False,
        "DOWNLOAD_CHUNK_SIZE": 4096,  # of 10 MB: a small file that breaks off has kept something
    }.items():
        monkeypatch.setattr(constants, name, value)


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._noted()

    def do_GET(self) -> None:
        self._noted()

    def respond(self) -> None:
        raise NotImplementedError

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Requests are kept, not printed."""

    def _noted(self) -> None:
        bearer = self.headers.get("Authorization")
        token = bearer.removeprefix("Bearer ") if bearer else None
        seen = Request(self.command, self.path, self.headers.get("Range"), token)
        self.hub.requests.append(seen)
        self.respond()

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        """One answer; ``_`` in a header's name stands for its hyphen."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(ConnectionError):  # a client that was killed
                self.write(body)

    def write(self, body: bytes) -> None:
        """The content of an answer."""
        self.wfile.write(body)


class _HubHandler(_Handler):
    def respond(self) -> None:
        if self.hub.errors:
            self.send(self.hub.errors.popleft())
            return
        match = _RESOLVE.fullmatch(self.path)
        repository, revision, filename = match.groups() if match else ("", "", "")
        if repository not in self.hub.commits:
            self.send(401, X_Error_Code="RepoNotFound")
            return
        if repository in self.hub.gated and self._token() != self.hub.gated[repository]:
            self.send(403 if self._token() else 401, X_Error_Code="GatedRepo")
            return
        commit = self.hub.head[repository] if revision == "main" else revision
        files = self.hub.commits[repository].get(commit)
        if files is None:
            self.send(404, X_Error_Code="RevisionNotFound")
        elif filename not in files:
            self.send(404, X_Error_Code="EntryNotFound", X_Repo_Commit=commit)
        else:
            self._file(files[filename], commit, large=not filename.endswith(".json"))

    def _file(self, data: bytes, commit: str, *, large: bool) -> None:
        if not large:
            blob = b"blob %d\0" % len(data) + data
            etag = hashlib.sha1(blob, usedforsecurity=False).hexdigest()
            self.send(200, data, X_Repo_Commit=commit, ETag=f'"{etag}"')
            return
        digest = _sha256(data)
        self.send(
            302,
            Location=f"{self.hub.cdn}/{digest}",
            X_Repo_Commit=commit,
            X_Linked_ETag=f'"{digest}"',
            X_Linked_Size=str(len(data)),
        )

    def _token(self) -> str | None:
        return self.hub.requests[-1].token


class _CdnHandler(_Handler):
    def respond(self) -> None:
        data = self.hub.blob(self.path.removeprefix("/"))
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        part = data[first:]
        length = str(len(part))
        if self.command == "GET" and self.hub.cuts:
            part = part[: self.hub.cuts.popleft()]
            self.close_connection = True
        if asked:
            where = f"bytes {first}-{len(data) - 1}/{len(data)}"
            self.send(206, part, Content_Length=length, Content_Range=where)
        else:
            self.send(200, part, Content_Length=length)

    def write(self, body: bytes) -> None:
        held = self.hub.held.get(self.path.removeprefix("/"))
        if held is not None:
            half = len(body) // 2
            self.wfile.write(body[:half])
            held.wait(timeout=30)
            body = body[half:]
        self.wfile.write(body)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
