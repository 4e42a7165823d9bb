"""Downloads from the Hugging Face Hub: the commit of a revision, and the complete files of one commit.

The Hub's client itself retries requests for lists of files and HEAD requests for a file, and resumes broken transfers.
Three things are left to this module: it retries when the Hub answers a transfer, or a request for a commit, with an
error; it compares digests, where the client compares only sizes; and it limits the time of requests for which the
client sets no limit.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from json import JSONDecodeError
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import HfApi, constants, get_session, hf_hub_download, set_client_factory, snapshot_download
from huggingface_hub.errors import EntryNotFoundError, GatedRepoError, OfflineModeIsEnabled, RevisionNotFoundError
from huggingface_hub.utils import disable_progress_bars
from huggingface_hub.utils.sha import git_hash
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from ner_pruning.files import InputError, file_digest

ATTEMPTS = 4  # to get an answer other than an error of the network or the server

TRANSIENT = (ConnectionError, TimeoutError, httpx2.TimeoutException, httpx2.NetworkError, httpx2.RemoteProtocolError)
_MEANINGS = {
    401: "no such repository, or a private or gated one; expected in HF_TOKEN a token that may read it",
    403: "the token in HF_TOKEN may not read it",
    404: "no such repository",
    429: "too many requests",
}


def resolve_revision(repository: str, revision: str, repo_type: str) -> str:
    """Return the commit that a branch, tag or commit of a Hub repository stands for, 40 hexadecimal digits.

    repo_type: "dataset" or "model". A full commit is returned unchanged, without a request to the Hub. Raises
    InputError that names repository, revision and cause when the Hub cannot be reached, or does not have them.
    """
    if re.fullmatch(r"[0-9a-f]{40}", revision):
        return revision
    what = f"{repository} (revision {revision})"
    if constants.is_offline_mode():
        raise InputError(f"{what}: HF_HUB_OFFLINE is set; expected a commit, 40 hexadecimal digits")
    return retry(lambda: HfApi().repo_info(repository, revision=revision, repo_type=repo_type).sha, what)


def download(repository: str, commit: str, repo_type: str, patterns: Sequence[str], what: str) -> Path:
    """Return the folder of the client's cache with the files of a commit that match one of `patterns`, whole.

    patterns: as of `Path.glob`, such as `sw/*.parquet`; what: how errors name what is wanted. Files
    in the cache are not requested again. On every call each file is compared with the digest that the Hub gives it
    (SHA-256, or git's for small files); one that differs is downloaded once more. Raises InputError that names `what`
    and the cause when no file matches, when the Hub stays out of reach or does not have them, or when a file differs
    again.
    """
    folder = retry(lambda: _snapshot(repository, commit, repo_type, patterns), what)
    files = sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})
    if not files:
        raise InputError(f"{what}: has no file {' or '.join(patterns)}")
    for path in files:
        altered = _is_altered(path)
        if altered and not constants.is_offline_mode():
            name = path.relative_to(folder).as_posix()
            print(f"{what}: {name} differs from the Hub's; downloading it again")
            retry(lambda name=name: _download_again(repository, commit, repo_type, name), what)
            altered = _is_altered(path)
        if altered:
            raise InputError(f"{what}: {path} is damaged; expected the content with the digest {path.readlink().name}")
    return folder


def _snapshot(repository: str, commit: str, repo_type: str, patterns: Sequence[str]) -> Path:
    if not sys.stderr.isatty():  # in a file the bars of several jobs would run into each other's lines
        disable_progress_bars()
    # what `Path.glob` does not take: the client's * matches a slash
    below = "*/" * (max(pattern.count("/") for pattern in patterns) + 1) + "*"
    folder = snapshot_download(
        repository, repo_type=repo_type, revision=commit, allow_patterns=list(patterns), ignore_patterns=below
    )
    return Path(folder)


def _download_again(repository: str, commit: str, repo_type: str, name: str) -> None:
    hf_hub_download(repository, name, repo_type=repo_type, revision=commit, force_download=True)


def _is_altered(path: Path) -> bool:
    """Return whether a file of the cache differs from the Hub's.

    It is a link to a file that is named by its ETag: its SHA-256, or git's SHA-1. Where links cannot be made, nothing
    tells the digest.
    """
    etag = path.readlink().name if path.is_symlink() else ""
    if re.fullmatch(r"[0-9a-f]{64}", etag):
        return file_digest(path) != etag
    if re.fullmatch(r"[0-9a-f]{40}", etag):
        return git_hash(path.read_bytes()) != etag
    print(f"{path}: cannot be checked, because the cache has no digest of it")
    return False


def retry(call: Callable[[], Any], what: str) -> Any:
    """Call until it succeeds or fails for good; raises InputError that names `what` and the cause."""
    _limit_requests()
    retrying = Retrying(
        retry=retry_if_exception(is_transient),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(multiplier=10, max=60),  # seconds: 10, 20, 40
        before_sleep=lambda state: print(f"{what}: {_reason(state.outcome.exception())}; retrying"),
        reraise=True,
    )
    try:
        return retrying(call)
    except (httpx2.HTTPError, OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{what}: cannot be fetched from the Hub ({_reason(error)})") from error


@cache
def _limit_requests() -> None:
    """Have the client wait no longer for any answer than it does for what it knows of a file."""
    hooks = get_session().event_hooks["request"]  # the client's own, which heed HF_HUB_OFFLINE
    set_client_factory(
        lambda: httpx2.Client(event_hooks={"request": [*hooks, _set_time_limit]}, follow_redirects=True, timeout=None)
    )


def _set_time_limit(request: httpx2.Request) -> None:
    if not any(request.extensions["timeout"].values()):
        request.extensions["timeout"] = httpx2.Timeout(constants.HF_HUB_ETAG_TIMEOUT).as_dict()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what caused it: the client wraps what happened, sometimes twice."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def is_transient(error: BaseException) -> bool:
    """Return whether an error is one of the network or the server, so that a later attempt may succeed."""
    for link in _chain(error):
        status = _status(link)
        if status is not None:
            return status >= 500 or status == 429
        if isinstance(link, OfflineModeIsEnabled):
            return False
        if isinstance(link, TRANSIENT):
            return True
    return False


def _status(error: BaseException) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _reason(error: BaseException) -> str:
    """Return in one line why a request to the Hub failed."""
    for link in _chain(error):
        if isinstance(link, OfflineModeIsEnabled):
            return f"HF_HUB_OFFLINE is set, and not all of it is in the cache {constants.HF_HUB_CACHE}"
        if isinstance(link, httpx2.TimeoutException):
            return f"no answer from {constants.ENDPOINT} in time"
        if isinstance(link, httpx2.ConnectError):
            return f"no connection to {constants.ENDPOINT}"
        if isinstance(link, JSONDecodeError):
            return f"{constants.ENDPOINT} does not answer as a Hub"
        status = _status(link)
        if status is not None:
            return f"{status}: {_meaning(link, status)}"
    return _one_line(error)


def _meaning(error: BaseException, status: int) -> str:
    if isinstance(error, RevisionNotFoundError):
        return "no such revision"
    if isinstance(error, EntryNotFoundError):
        return f"no such file, {error.response.url}"
    if isinstance(error, GatedRepoError):
        return "gated; expected in HF_TOKEN the token of an account that has accepted the terms on its page"
    return _MEANINGS.get(status) or ("server error" if status >= 500 else _one_line(error))


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
