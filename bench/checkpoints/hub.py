"""Weight files on the Hugging Face hub: what it announces, what of it is on this disk, fetching.

The hub's own client does the transfer, so ``HF_ENDPOINT``, ``HF_HOME``, ``HF_TOKEN`` and
``HF_HUB_OFFLINE`` mean what they mean everywhere. What it does not check, the sha256 that the hub
announces, is checked here. The client is imported when it is needed: it takes a third of a second.
"""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.checkpoints.pins import digest
from bench.spec.errors import DataError

#: What a repository calls its weights, the first that there is; timm looks in this order too.
WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
OWN_FILE = "--weights-dir takes a file of your own"
_SHA256 = re.compile("[0-9a-f]{64}")
_PAUSES_S = (0.5, 2.0)


@dataclass(frozen=True, kw_only=True)
class Announced:
    """One weight file, as the hub describes it."""

    repository: str  #: ``timm/resnet18.a1_in1k``
    filename: str
    commit: str  #: 40 hex digits
    size: int | None  #: bytes
    etag: str  #: sha256 of a large file; small ones are announced by git's own hash


def announced(repository: str, revision: str | None = None) -> Announced:
    """The repository's weight file at a commit, or at its newest one. Asks the hub.

    Raises `DataError`, one line with what to do, for whatever the hub or the way to it refuses.
    """
    from huggingface_hub.errors import EntryNotFoundError

    with _explained(repository, revision):
        for filename in WEIGHT_FILES:
            try:
                seen = _head(repository, filename, revision)
            except EntryNotFoundError:
                continue
            if not seen.commit_hash or not seen.etag:
                raise DataError(
                    f"{seen.location} is no hub's answer: check HF_ENDPOINT, proxy and firewall"
                )
            return Announced(
                repository=repository,
                filename=filename,
                commit=seen.commit_hash,
                size=seen.size,
                etag=seen.etag,
            )
    names = " nor ".join(WEIGHT_FILES)
    raise DataError(f"{repository} holds neither {names} on the hub; {OWN_FILE}")


def fetched(file: Announced) -> Path:
    """The file on this disk, transferred unless the client's cache has it, of the digest announced.

    Raises `DataError` as `announced` does, and when its bytes are not those announced, even after
    it was transferred anew.
    """
    from huggingface_hub import hf_hub_download

    with _explained(file.repository, file.commit):
        for again in (False, True):
            path = hf_hub_download(
                file.repository, file.filename, revision=file.commit, force_download=again
            )
            if not _SHA256.fullmatch(file.etag) or digest(Path(path)) == file.etag:
                return Path(path)
    raise DataError(
        f"{file.repository} arrives with another sha256 than the hub announces, {file.etag[:12]}: "
        f"something on the way changes it; {OWN_FILE}"
    )


def cached(repository: str, revision: str | None = None) -> Path | None:
    """The repository's weight file in the client's cache, at a commit or the last one seen there.

    Its folder is named by the commit. Asks nobody.
    """
    from huggingface_hub import try_to_load_from_cache

    with _explained(repository, revision):
        for filename in WEIGHT_FILES:
            found = try_to_load_from_cache(repository, filename, revision=revision)
            if isinstance(found, str):
                return Path(found)
    return None


def damaged(path: Path) -> bool:
    """Whether a file of the client's cache has other bytes than the hub announced for it.

    The cache names a file's content by the hash announced, so this needs no network; where it
    keeps copies instead of links there is nothing to compare with.
    """
    name = path.readlink().name if path.is_symlink() else ""
    return bool(_SHA256.fullmatch(name)) and digest(path) != name


def is_offline() -> bool:
    """Whether the client was told to stay offline, by ``HF_HUB_OFFLINE``."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def cache() -> Path:
    """Where the client keeps what it fetches."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def _head(repository: str, filename: str, revision: str | None) -> Any:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError

    url = hf_hub_url(repository, filename, revision=revision)
    for pause in _PAUSES_S:
        try:
            return get_hf_file_metadata(url)
        except HfHubHTTPError as error:
            if error.response.status_code < 500 and error.response.status_code != 429:
                raise
            time.sleep(pause)
    return get_hf_file_metadata(url)


@contextmanager
def _explained(repository: str, revision: str | None) -> Iterator[None]:
    """The client's errors as one line of what to do."""
    from huggingface_hub import constants, errors

    page = f"{constants.ENDPOINT}/{repository}"
    try:
        yield
    except DataError:
        raise
    except errors.GatedRepoError as error:
        raise DataError(
            f"{repository} is gated: accept its terms at {page} and set HF_TOKEN to your token, "
            f"or {OWN_FILE}"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise DataError(
            f"commit {revision} of {repository} is on the hub no more: `bench prefetch --update` "
            f"moves to its newest one, or {OWN_FILE}"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise DataError(
            f"{constants.ENDPOINT} knows no repository {repository}, or it is private: check the "
            f"name, set HF_TOKEN for a private one, or {OWN_FILE}"
        ) from error
    # The client speaks through requests or httpx, by its version: they share no base class.
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES):
            where = f"{constants.HF_HUB_CACHE}: {error.strerror}"
            raise DataError(
                f"cannot keep {repository} in {where}; HF_HOME names another place"
            ) from error
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"cannot get {repository} from {constants.ENDPOINT}: {reason[:300]}; try again later, "
            f"or {OWN_FILE}"
        ) from error
