"""A server on this machine that answers the Hub's client as the Hub does, and fails where a test says so.

It serves data sets and models: the commit of a revision, the list of files, and files by HEAD and GET with ranges.
Large files (as with Git LFS) are redirected to a second host name, as the Hub does to its storage: their ETag is their
SHA-256; that of small files is git's SHA-1. Source: the requests of huggingface_hub and
https://huggingface.co/docs/hub/api.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "f0a3be6dc5564c0cc4150bb660144800a1f539d4"
LARGE = (".parquet", ".safetensors", ".bin")
SILENCE = 10
PAGE = 5  # entries of a list of files that come in one answer; the Hub's are 1,000


@dataclass
class Repository:
    """Files by path at one commit, and who may read them: those with the token, if it has one."""

    files: dict[str, bytes]
    commit: str = COMMIT
    branches: tuple[str, ...] = ("main",)
    token: str | None = None
    gated: bool = False


@dataclass
class Request:
    """A request that came: `path` without the query, `token` without "Bearer", `range` as it was sent."""

    method: str
    path: str
    token: str | None
    range: str | None


@dataclass
class Fault:
    """What is done in place of the answer to requests whose method is `method` and whose path holds `part`.

    act: called with the request's handler and the answer's content, if it is a file's. times: how often.
    """

    method: str
    part: str
    act: Callable[["Handler", bytes], None]
    times: int = 1


@dataclass
class Hub:
    """A running server: its repositories, such as "datasets/a/b" and "models/a/b", its faults and what was asked."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self):
        self.stopping, self.lock = Event(), Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.hub = self
        self.port = self.server.server_address[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Answer no more; what waits for an answer gets none."""
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def asked(self, method: str, part: str) -> list[Request]:
        return [request for request in self.requests if request.method == method and part in request.path]

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times and fault.method == method and fault.part in path:
                    fault.times -= 1
                    return fault
        return None


def git_digest(content: bytes) -> str:
    """Return git's SHA-1 of a file."""
    return sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _parse(path: str) -> tuple[str, str, str, str]:
    """Return what a path asks for, of which repository ("datasets/a/b"), revision and file; empty where unknown.

    /api/datasets/a/b/tree/REVISION, /api/models/a/b/revision/REVISION, /datasets/a/b/resolve/REVISION/FILE,
    /a/b/resolve/REVISION/FILE (of a model), /storage/models/a/b/FILE
    """
    parts = path.strip("/").split("/")
    if len(parts) < 5:
        return "", "", "", ""
    if parts[0] == "storage":
        return "storage", "/".join(parts[1:4]), "", "/".join(parts[4:])
    if parts[0] == "api":
        del parts[0]
    elif parts[0] != "datasets":
        parts.insert(0, "models")
    return parts[3], "/".join(parts[:3]), parts[4], "/".join(parts[5:])


# Faults


def status(code: int) -> Callable[["Handler", bytes], None]:
    """Answer with an error of the server."""
    return lambda handler, content: handler.answer(code, b"")


def silence(handler: "Handler", content: bytes) -> None:
    """Answer nothing for SILENCE seconds, or until the server is stopped."""
    handler.server.hub.stopping.wait(SILENCE)
    handler.close_connection = True


def broken_off(share: float) -> Callable[["Handler", bytes], None]:
    """Close the connection after a share of what was promised."""

    def act(handler, content):
        start, rest = handler.asked_part(content)
        handler.answer_part(start, len(content), rest, rest[: int(share * len(rest))])
        handler.close_connection = True

    return act


def altered(handler: "Handler", content: bytes) -> None:
    """Send as many bytes as there are, one of them another."""
    middle = len(content) // 2
    handler.answer(200, content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


def truncated(handler: "Handler", content: bytes) -> None:
    """Send half of the file as if it were all."""
    handler.answer(200, content[: len(content) // 2])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        hub: Hub = self.server.hub
        url = urlsplit(self.path)
        path = unquote(url.path)
        token = (self.headers["Authorization"] or "").removeprefix("Bearer ") or None
        hub.requests.append(Request(self.command, path, token, self.headers["Range"]))
        asked, name, revision, file = _parse(path)
        repository = hub.repositories.get(name)
        content = repository.files.get(file, b"") if repository else b""
        fault = hub.take_fault(self.command, path)
        if fault:
            fault.act(self, content)
        elif asked == "storage":  # its addresses are signed, it asks for no token
            self.answer_range(content, {"Accept-Ranges": "bytes"})
        elif self.may_read(repository, token):
            if revision not in (*repository.branches, repository.commit):
                self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            elif asked == "revision":
                self.answer(200, json.dumps({"id": name.partition("/")[2], "sha": repository.commit}).encode())
            elif asked == "tree":
                self.answer_list(repository, int(parse_qs(url.query).get("cursor", ["0"])[0]))
            else:
                self.answer_file(repository, name, file)

    do_HEAD = do_GET

    def may_read(self, repository: Repository | None, token: str | None) -> bool:
        """Return whether one may read a repository; answers with the Hub's error if not."""
        if repository is None:
            self.refuse(404 if token else 401, "RepoNotFound", "Repository not found")
        elif repository.gated:
            self.refuse(403, "GatedRepo", "Access to it is restricted")
        elif repository.token not in (None, token):
            self.refuse(401, "" if token else "RepoNotFound", "Invalid credentials in Authorization header")
        else:
            return True
        return False

    def answer_list(self, repository: Repository, cursor: int) -> None:
        entries = []
        for path, content in sorted(repository.files.items()):
            entries.append({"type": "file", "path": path, "size": len(content), "oid": git_digest(content)})
            if path.endswith(LARGE):
                entries[-1]["lfs"] = {"oid": sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
        end = cursor + PAGE
        address = f"{self.server.hub.endpoint}{urlsplit(self.path).path}?recursive=True&cursor={end}"
        headers = {"Link": f'<{address}>; rel="next"'} if end < len(entries) else {}
        self.answer(200, json.dumps(entries[cursor:end]).encode(), headers)

    def answer_file(self, repository: Repository, name: str, file: str) -> None:
        headers = {"X-Repo-Commit": repository.commit, "Accept-Ranges": "bytes"}
        content = repository.files.get(file)
        if content is None:
            self.refuse(404, "EntryNotFound", "Entry not found", headers)
        elif file.endswith(LARGE):
            headers |= {"X-Linked-Etag": f'"{sha256(content).hexdigest()}"', "X-Linked-Size": str(len(content))}
            address = f"http://localhost:{self.server.hub.port}/storage/{name}/{file}"
            self.answer(302, b"", headers | {"Location": address})
        else:
            self.answer_range(content, headers | {"ETag": f'"{git_digest(content)}"'})

    def answer_range(self, content: bytes, headers: dict[str, str]) -> None:
        start, rest = self.asked_part(content)
        self.answer_part(start, len(content), rest, rest, headers)

    def asked_part(self, content: bytes) -> tuple[int, bytes]:
        """Return where the part that was asked for starts, and the part; the client asks for all from there on."""
        start = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        return start, content[start:]

    def answer_part(self, start: int, size: int, promised: bytes, sent: bytes, headers=None) -> None:
        of_all = {"Content-Range": f"bytes {start}-{size - 1}/{size}"} if start else {}
        self.answer(206 if start else 200, sent, (headers or {}) | of_all, len(promised))

    def refuse(self, code: int, error: str, message: str, headers=None) -> None:
        """Answer with an error as the Hub words it: a code for the client, a message for people."""
        self.answer(code, b"", {"X-Error-Code": error, "X-Error-Message": message} | (headers or {}))

    def answer(self, code: int, content: bytes, headers=None, promised: int | None = None) -> None:
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if promised is None else promised))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
