"""Which file a published model is measured with: found, pinned, hashed, refused."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from bench.checkpoints import pins as pinned
from bench.checkpoints.weights import missing, resolve, resolve_all, verified
from bench.spec import Model, replace
from bench.spec.errors import DataError, UsageError
from tests import declared
from tests.checkpoints.hub_server import Hub

NAME = "one_m.tag"
REPOSITORY = "owner/published"
WEIGHTS = bytes(range(256)) * 100
SAFE = "model.safetensors"


def model(name: str = NAME, **changes: Any) -> Model:
    known = {"weights": f"hf-hub:{REPOSITORY}", "weights_sha256": "", "source": "timm"}
    return declared.model(name, **(known | changes))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_resolved_model_says_which_bytes_of_which_commit(hub: Hub) -> None:
    commit = hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    found = resolve(model())
    assert (found.revision, found.weights_sha256) == (commit, sha256(WEIGHTS))
    assert verified(found).read_bytes() == WEIGHTS
    asked = len(hub.requests)
    assert resolve(model()) == resolve(found) == resolve(model(), offline=True) == found
    assert len(hub.requests) == asked  # a run whose weights are here needs no network


def test_the_commit_first_used_stays(hub: Hub, tmp_path: Path) -> None:
    old = hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    first = resolve(model())
    new = hub.publish(REPOSITORY, {SAFE: WEIGHTS[::-1]})
    assert resolve(model()) == first
    pins = tmp_path / "bench" / "weights" / "pins.json"
    assert json.loads(pins.read_text()) == {REPOSITORY: old}
    moved = resolve(model(), update=True)
    assert (moved.revision, moved.weights_sha256) == (new, sha256(WEIGHTS[::-1]))
    assert resolve(model(), offline=True) == moved
    # A commit in the declaration is stronger than what was used last, and does not change it.
    assert resolve(model(revision=old)) == first
    assert json.loads(pins.read_text()) == {REPOSITORY: new}


def test_a_pin_holds_on_a_machine_that_has_only_the_pin(hub: Hub) -> None:
    old = hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    hub.publish(REPOSITORY, {SAFE: b"newer"})
    pinned.pin(REPOSITORY, old)
    assert resolve(model()).weights_sha256 == sha256(WEIGHTS)
    pinned.pin(REPOSITORY, "f" * 40)
    with pytest.raises(DataError, match=r"commit f+ of owner/published .* --update"):
        resolve(model())


def test_what_another_program_has_fetched_is_used(hub: Hub) -> None:
    from huggingface_hub import hf_hub_download

    commit = hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    hf_hub_download(REPOSITORY, SAFE)
    asked = len(hub.requests)
    assert resolve(model()).revision == commit
    assert len(hub.requests) == asked


@pytest.mark.parametrize(
    "place",
    [
        f"{NAME}.safetensors",
        f"{NAME}/model.safetensors",
        f"{REPOSITORY}/model.safetensors",
        f"{NAME}.pth",
        f"{NAME}.bin",
        f"{NAME}/pytorch_model.bin",
        f"{REPOSITORY}/pytorch_model.bin",
    ],
)
def test_a_folder_of_weights_comes_first(hub: Hub, own: Path, place: str) -> None:
    (own / place).parent.mkdir(parents=True, exist_ok=True)
    (own / place).write_bytes(WEIGHTS)
    found = resolve(model(), offline=True)
    assert (found.revision, found.weights_sha256) == (None, sha256(WEIGHTS))
    assert verified(found) == own / place
    assert hub.requests == []


def test_a_folder_given_comes_before_the_variables(hub: Hub, own: Path, tmp_path: Path) -> None:
    (own / f"{NAME}.safetensors").write_bytes(WEIGHTS)
    given = tmp_path / "given"
    given.mkdir()
    assert missing([model()], given) == (model(),)
    (given / f"{NAME}.pth").write_bytes(WEIGHTS[::-1])
    found = resolve(model(), offline=True, folder=given)
    assert resolve_all([model()], offline=True, folder=given) == (found,)
    assert found.weights_path == str(given / f"{NAME}.pth")
    assert found.weights_sha256 == sha256(WEIGHTS[::-1])
    with pytest.raises(UsageError, match=r"--weights-dir .* no folder"):
        resolve(model(), folder=tmp_path / "none")


def test_a_resolved_model_takes_its_path_to_other_processes(
    hub: Hub, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No variable says there where the folder was; a path that is gone is looked up anew."""
    (own / f"{NAME}.safetensors").write_bytes(WEIGHTS)
    found = resolve(model())
    monkeypatch.delenv("BENCH_WEIGHTS")
    assert verified(found) == own / f"{NAME}.safetensors"
    moved = own.rename(tmp_path / "moved")
    with pytest.raises(DataError, match="not on this machine"):
        verified(found)
    monkeypatch.setenv("BENCH_WEIGHTS", str(moved))
    assert verified(found) == moved / f"{NAME}.safetensors"


def test_safetensors_come_before_a_pickle(own: Path) -> None:
    (own / f"{NAME}.pth").write_bytes(b"pickled")
    (own / REPOSITORY).mkdir(parents=True)
    (own / REPOSITORY / SAFE).write_bytes(WEIGHTS)
    assert resolve(model()).weights_sha256 == sha256(WEIGHTS)


def test_a_folder_that_is_none_is_not_passed_over(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_WEIGHTS", "/nowhere")
    for look in (resolve, lambda one: missing([one])):
        with pytest.raises(UsageError, match="BENCH_WEIGHTS names '/nowhere', which is no folder"):
            look(model())


def test_a_file_that_changed_since_is_an_error(own: Path) -> None:
    file = own / f"{NAME}.safetensors"
    file.write_bytes(WEIGHTS)
    found = resolve(model())
    file.write_bytes(WEIGHTS[::-1])
    for check in (verified, resolve):
        with pytest.raises(DataError, match=f"is not the file .* expected {sha256(WEIGHTS)[:12]}"):
            check(found)
    file.unlink()
    with pytest.raises(
        DataError, match=r"not on this machine: `bench prefetch --models one_m.tag`"
    ):
        verified(found)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 9\n",
            "is a git-lfs pointer instead of the weights of one_m.tag: run `git lfs pull`",
        ),
        (b"/annex/objects/SHA256E-s9--aa.pth\n", "is a git-annex pointer .* `git annex get`"),
        (b"\n<!DOCTYPE html><html><body>Log in</body></html>", "is a web page instead"),
        (b"<html><head>", "is a web page instead"),
    ],
)
@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_what_stands_in_for_weights_is_called_by_name(
    own: Path, content: bytes, said: str, suffix: str
) -> None:
    file = own / f"{NAME}.{suffix}"
    file.write_bytes(WEIGHTS)
    found = resolve(model())
    file.write_bytes(content)
    for check in (lambda: resolve(model()), lambda: verified(found)):
        with pytest.raises(DataError, match=said):
            check()


def test_a_declared_digest_must_be_that_of_the_file(hub: Hub) -> None:
    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    assert resolve(model(weights_sha256=sha256(WEIGHTS))).weights_sha256 == sha256(WEIGHTS)
    with pytest.raises(DataError, match="expected 000000000000"):
        resolve(model(weights_sha256="0" * 64))


def test_what_was_not_resolved_is_not_loaded(own: Path) -> None:
    (own / f"{NAME}.safetensors").write_bytes(WEIGHTS)
    with pytest.raises(DataError, match="resolve"):
        verified(model())


def test_damage_in_the_cache_is_mended_online_and_said_offline(hub: Hub) -> None:
    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    found = resolve(model())
    verified(found).write_bytes(WEIGHTS[:-1])
    with pytest.raises(DataError, match=r"is damaged.*bench prefetch --models one_m\.tag"):
        resolve(model(), offline=True)
    assert resolve(model()) == found
    assert verified(found).read_bytes() == WEIGHTS


def test_offline_says_everything_it_lacks_and_asks_nobody(
    hub: Hub, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own / "two_m.tag.safetensors").write_bytes(WEIGHTS)
    models = [
        model(name, weights=f"hf-hub:owner/{name}")
        for name in ("one_m.tag", "two_m.tag", "three_m.tag")
    ]
    assert [one.name for one in missing(models)] == ["one_m.tag", "three_m.tag"]
    said = "the weights of 2 of 3 models .* `bench prefetch --models one_m.tag,three_m.tag`"
    with pytest.raises(DataError, match=said):
        resolve_all(models, offline=True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DataError, match=said):
        resolve_all(models)
    assert [one.weights_sha256 for one in resolve_all(models[1:2])] == [sha256(WEIGHTS)]
    assert hub.requests == []


def test_what_is_published_elsewhere_comes_from_a_folder(own: Path) -> None:
    elsewhere = model(weights="https://example.org/one.pth")
    with pytest.raises(DataError, match=r"not on the hub, but at https.*one\.pth: .*weights-dir"):
        resolve(elsewhere)
    with pytest.raises(DataError, match=r"of one_m\.tag are not on the hub: put"):
        resolve(model(weights=""))
    assert missing([elsewhere]) == (elsewhere,)
    (own / f"{NAME}.pth").write_bytes(WEIGHTS)
    assert verified(resolve(elsewhere)) == own / f"{NAME}.pth"


def test_the_zoo_needs_no_resolving(hub: Hub) -> None:
    from bench import registry

    zoo = registry.models("convnext_xs")
    steps: list[tuple[int, int]] = []
    done = resolve_all(zoo, offline=True, progress=lambda *step: steps.append(step))
    assert [replace(one, weights_path="") for one in done] == list(zoo)
    assert [Path(one.weights_path).name for one in done] == [one.weights for one in zoo]
    assert steps == [(1, 2), (2, 2)]
    with pytest.raises(DataError, match="expected 000000000000"):
        resolve(replace(zoo[0], weights_sha256="0" * 64))


def _hashed(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, bool]:
    """The digest, and whether the file was read for it."""
    with monkeypatch.context() as patch:
        spy = Mock(side_effect=pinned.sha256)
        patch.setattr(pinned, "sha256", spy)
        return pinned.digest(path), spy.called


def test_a_file_is_hashed_once_until_it_changes(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "weights"
    file.write_bytes(WEIGHTS)
    # Written this moment, it may be written again within the clock's step.
    assert [_hashed(file, monkeypatch) for _ in "12"] == [(sha256(WEIGHTS), True)] * 2
    os.utime(file, ns=(0, 10**18))
    assert _hashed(file, monkeypatch) == (sha256(WEIGHTS), True)
    assert _hashed(file, monkeypatch) == (sha256(WEIGHTS), False)
    file.write_bytes(WEIGHTS[::-1])
    os.utime(file, ns=(0, 10**18))  # same size, same time of writing
    assert _hashed(file, monkeypatch) == (sha256(WEIGHTS[::-1]), True)
    (tmp_path / "bench" / "weights" / "digests.json").write_text("{nonsense")
    assert _hashed(file, monkeypatch) == (sha256(WEIGHTS[::-1]), True)


def test_pins_of_many_at_once_are_all_kept(hub: Hub) -> None:
    commits = {f"owner/{number}": f"{number:040x}" for number in range(24)}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(pinned.pin, commits, commits.values()))
    assert {name: pinned.pinned(name) for name in commits} == commits


@pytest.mark.parametrize("content", ["{", "[]", '{"owner/published": 7}', "\xff"])
def test_damaged_pins_are_said_not_passed_over(hub: Hub, tmp_path: Path, content: str) -> None:
    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    pins = tmp_path / "bench" / "weights" / "pins.json"
    pins.parent.mkdir(parents=True)
    pins.write_text(content, encoding="latin-1")
    with pytest.raises(DataError, match=r"pins\.json .*restore or delete it"):
        resolve(model())


def test_pins_that_cannot_be_kept_are_said(hub: Hub, tmp_path: Path) -> None:
    hub.publish(REPOSITORY, {SAFE: WEIGHTS})
    (tmp_path / "bench").write_text("a file where the folder should be")
    with pytest.raises(DataError, match="BENCH_CACHE"):
        resolve(model())
