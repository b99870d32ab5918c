"""Weights from a hub on loopback onto this disk, by the command, with the true client."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkpoints.hub_server import Hub, point_client_at, serving
from tests.cli.conftest import Call

SAFE = "model.safetensors"
_MODELS = """
from bench.spec import Kind, Model, Scale


def one(size, **fields):
    return Model(
        name=f"far_{size}.tag", family="far", kind=Kind.CONVNET, size=size,
        arch="timm:create_model", kwargs={"model_name": "test_vit"}, resolution=160, classes=1000,
        mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), world="far", scale=Scale.IN1K,
        trained_on="in1k", pretrain_images=0, weights=f"hf-hub:far/{size}", weights_sha256="",
        source="timm",
    )


MODELS = (one("s"), one("m"), one("l"))
"""


def bytes_of(size: str) -> bytes:
    return (f"weights of {size} ".encode() * 30_000)[:300_000]


@pytest.fixture
def hub(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """All three models published, and the command in this process pointed there."""
    declared = tmp_path / "declared" / "models"
    declared.mkdir(parents=True)
    (declared / "far.py").write_text(_MODELS)
    monkeypatch.setenv("BENCH_PATH", str(declared.parent))
    with serving() as hub:
        point_client_at(hub, tmp_path, monkeypatch)
        for size in "sml":
            hub.publish(f"far/{size}", {SAFE: bytes_of(size)})
        yield hub


FAR = ("prefetch", "--models", "far", "--world", "far")


def test_everything_chosen_comes_and_the_next_time_nothing(
    bench: Call, hub: Hub, tmp_path: Path
) -> None:
    said = bench(*FAR)
    total = sum(len(bytes_of(size)) for size in "sml") / 1e6
    assert said.code == 0, said.err
    assert f"to fetch: 3 files, {total:.1f} MB" in said.err
    assert "[3/3] far_l.tag, 0.3 MB; about 0 s left" in said.err
    assert f"3 weight files: 0 on disk (0.0 MB), 3 fetched ({total:.1f} MB)" in said.out
    assert str(tmp_path / "hub") in said.out
    asked = len(hub.requests)
    again = bench(*FAR)
    assert (again.code, again.err) == (0, "")
    assert f"3 weight files: 3 on disk ({total:.1f} MB), 0 fetched" in again.out
    assert len(hub.requests) == asked


def test_a_dry_run_fetches_nothing_and_says_how_much_it_would_be(bench: Call, hub: Hub) -> None:
    bench("prefetch", "--models", "far_s", "--world", "far")
    fetched = len(hub.bodies())
    said = bench(*FAR, "--dry-run")
    assert said.code == 0, said.err
    states = {line.split()[0]: line.split()[2:] for line in said.out.splitlines()[1:4]}
    assert states == {
        "far_s.tag": ["0.3", "MB", "on", "disk"],
        "far_m.tag": ["0.3", "MB", "to", "fetch"],
        "far_l.tag": ["0.3", "MB", "to", "fetch"],
    }
    assert "1 on disk (0.3 MB), 2 to fetch (0.6 MB)" in said.out
    assert len(hub.bodies()) == fetched


def test_what_fails_does_not_stop_the_others(bench: Call, hub: Hub) -> None:
    del hub.commits["far/s"]
    hub.forged[hashlib.sha256(bytes_of("m")).hexdigest()] = b"?" + bytes_of("m")[1:]
    said = bench(*FAR)
    assert said.code == 4
    assert "3 weight files: 0 on disk (0.0 MB), 1 fetched (0.3 MB), 2 failed" in said.out
    assert "[1/2] far_m.tag, 0.3 MB failed" in said.err
    errors = [line for line in said.err.splitlines() if line.startswith("bench: ")]
    assert [line.split()[1] for line in errors] == ["far_s.tag:", "far_m.tag:"]
    assert "knows no repository far/s" in errors[0]
    assert "another sha256" in errors[1]
    dry = bench(*FAR, "--dry-run")
    assert dry.code == 4
    assert "unavailable" in dry.out


def test_a_folder_of_weights_is_not_fetched(bench: Call, hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "far_m.tag.safetensors").write_bytes(b"my own")
    said = bench(*FAR, "--weights-dir", str(tmp_path))
    os.environ.pop("BENCH_WEIGHTS", None)
    assert said.code == 0, said.err
    assert "1 on disk (0.0 MB), 2 fetched" in said.out
    assert not any("far/m" in seen.path for seen in hub.requests)


def test_update_moves_to_the_newest_commit(bench: Call, hub: Hub, tmp_path: Path) -> None:
    bench(*FAR)
    new = hub.publish("far/m", {SAFE: b"newer"})
    assert "3 on disk" in bench(*FAR).out
    said = bench(*FAR, "--update")
    assert said.code == 0, said.err
    assert "2 on disk (0.6 MB), 1 fetched (0.0 MB)" in said.out
    pins = json.loads((tmp_path / "bench" / "weights" / "pins.json").read_text())
    assert pins["far/m"] == new


def test_a_disk_that_is_too_small_is_known_before_anything_is_fetched(
    bench: Call, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 400_000}))
    said = bench(*FAR)
    assert said.code == 4
    assert "1 MB are to be fetched" in said.err
    assert "HF_HOME" in said.err
    assert hub.bodies() == []


def test_a_killed_run_is_gone_on_with(here: Path, hub: Hub, tmp_path: Path) -> None:
    """As a process of its own, with the environment that users set, killed in the second file."""
    environment = os.environ | {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "0",
    }
    command = [sys.executable, "-m", "bench", *FAR]
    second = hashlib.sha256(bytes_of("m")).hexdigest()
    hub.held[second] = threading.Event()
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    while len(hub.bodies()) < 2 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    hub.held.pop(second).set()
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "3 weight files: 1 on disk (0.3 MB), 2 fetched (0.6 MB)" in done.stdout
    assert (tmp_path / "home" / "hub" / "models--far--l").is_dir()
    assert len(hub.bodies()) == 4
