"""The true client of the hub against a hub on loopback: what arrives, and what is said if not."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

import pytest

from bench.checkpoints import hub as hub_files
from bench.checkpoints.hub import announced, cached, damaged, fetched
from bench.spec.errors import DataError
from tests.checkpoints.hub_server import Hub, point_client_at, serving

REPOSITORY = "timm/one.tag"
SAFE, PICKLED = hub_files.WEIGHT_FILES
WEIGHTS = bytes(range(256)) * 1000


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_files, "_PAUSES_S", (0.0, 0.0))


def test_a_file_comes_whole_and_once(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = hub.publish(REPOSITORY, {SAFE: WEIGHTS, PICKLED: b"never asked for"})
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert cached(REPOSITORY) is None
    file = announced(REPOSITORY)
    assert (file.commit, file.filename, file.size) == (commit, SAFE, len(WEIGHTS))
    assert file.etag == hashlib.sha256(WEIGHTS).hexdigest()
    path = fetched(file)
    assert path.read_bytes() == WEIGHTS
    assert path.parent.name == commit
    assert fetched(file) == cached(REPOSITORY, commit) == path
    assert len(hub.bodies()) == 1
    assert not damaged(path)
    tokens = {seen.token for seen in hub.requests if seen.method == "HEAD"}
    assert tokens == {"secret"}
    assert hub.bodies()[0].token is None  # never to where the bytes lie


def test_a_pickle_is_taken_only_where_there_is_nothing_safer(hub: Hub) -> None:
    hub.publish(REPOSITORY, {PICKLED: WEIGHTS})
    file = announced(REPOSITORY)
    assert file.filename == PICKLED
    assert fetched(file).read_bytes() == WEIGHTS
    assert cached(REPOSITORY, file.commit) == fetched(file)


def test_an_older_commit_is_had_though_the_repository_moved_on(hub: Hub) -> None:
    old = hub.publish(REPOSITORY, {SAFE: b"old"})
    new = hub.publish(REPOSITORY, {SAFE: b"new"})
    assert announced(REPOSITORY).commit == new
    assert fetched(announced(REPOSITORY, old)).read_bytes() == b"old"


def _refusal(revision: str | None = None) -> str:
    with pytest.raises(DataError) as caught:
        fetched(announced(REPOSITORY, revision))
    message = str(caught.value)
    assert "\n" not in message
    assert REPOSITORY in message
    return message


def test_a_repository_that_is_none(hub: Hub) -> None:
    message = _refusal()
    assert f"{hub.url} knows no repository {REPOSITORY}" in message
    assert "HF_TOKEN" in message
    assert "--weights-dir" in message


def test_a_commit_that_is_gone(hub: Hub) -> None:
    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    assert f"commit {'0' * 40} of {REPOSITORY}" in _refusal("0" * 40)
    assert "bench prefetch --update" in _refusal("0" * 40)


def test_a_repository_without_weights(hub: Hub) -> None:
    hub.publish(REPOSITORY, {"README.md": b"soon"})
    assert f"holds neither {SAFE} nor {PICKLED}" in _refusal()


@pytest.mark.parametrize("token", [None, "another"])
def test_a_gated_repository(hub: Hub, token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    hub.gated[REPOSITORY] = "mine"
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    assert f"accept its terms at {hub.url}/{REPOSITORY} and set HF_TOKEN" in _refusal()
    monkeypatch.setenv("HF_TOKEN", "mine")
    assert fetched(announced(REPOSITORY)).read_bytes() == WEIGHTS


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_that_stumbles_is_asked_again(hub: Hub, status: int) -> None:
    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    hub.errors.extend([status] * 2)
    assert announced(REPOSITORY).size == len(WEIGHTS)


def test_a_hub_that_stays_down_is_said(hub: Hub) -> None:
    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    hub.errors.extend([500] * 3)
    message = _refusal()
    assert f"cannot get {REPOSITORY} from {hub.url}" in message
    assert "500" in message


def test_a_broken_transfer_goes_on_where_it_broke(hub: Hub) -> None:
    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    hub.cuts.append(100_000)
    assert fetched(announced(REPOSITORY)).read_bytes() == WEIGHTS
    first, second = hub.bodies()
    assert first.range is None
    assert second.range is not None
    assert 0 < int(second.range.removeprefix("bytes=").rstrip("-")) <= 100_000


def test_bytes_that_are_not_those_announced_are_refused(hub: Hub) -> None:
    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    hub.forged[hashlib.sha256(WEIGHTS).hexdigest()] = b"x" + WEIGHTS[1:]
    assert "another sha256 than the hub announces" in _refusal()
    assert len(hub.bodies()) == 2  # once more, in case it was the line


def test_a_file_of_another_size_is_refused(hub: Hub) -> None:
    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    hub.forged[hashlib.sha256(WEIGHTS).hexdigest()] = WEIGHTS[:-1]
    assert f"cannot get {REPOSITORY}" in _refusal()
    assert cached(REPOSITORY) is None


def test_a_damaged_cache_is_noticed_and_mended(hub: Hub) -> None:
    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    path = fetched(announced(REPOSITORY))
    path.write_bytes(WEIGHTS[:-1])
    assert damaged(path)
    assert not damaged(fetched(announced(REPOSITORY)))


def test_no_hub_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as hub:
        point_client_at(hub, tmp_path, monkeypatch)
    assert f"cannot get {REPOSITORY} from {hub.url}" in _refusal()


def test_a_client_told_to_stay_offline_asks_nobody(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert hub_files.is_offline()
    _refusal()
    assert hub.requests == []


def test_a_full_disk_is_said(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    monkeypatch.setattr("huggingface_hub.hf_hub_download", full)
    message = _refusal()
    assert f"{tmp_path / 'hub'}: No space left on device; HF_HOME" in message


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b/c", "a//b", ""])
def test_a_name_that_is_no_repository_leaves_the_cache_alone(hub: Hub, name: str) -> None:
    with pytest.raises(DataError, match="cannot get"):
        cached(name)
    assert hub.requests == []
