"""RAFT with random weights: they say nothing about motion, but all about files and shapes."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from neuroclip.backbones import load_model
from neuroclip.errors import OptionError
from neuroclip.recording import digest_of_file
from neuroclip.representations import ClipTimesteps, FlowVolume, Joint, Representation
from neuroclip.representations.flow import flow_between

optical_flow = pytest.importorskip("torchvision.models.optical_flow")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        state = optical_flow.raft_small().state_dict()
    path = tmp_path_factory.mktemp("raft") / "small.pth"
    torch.save(state, path)
    return path


def test_the_weights_are_among_the_networks_that_are_asked_by_what_they_hold(
    weights: Path, tmp_path: Path
) -> None:
    """Joined with others in the order of the names; flow without weights asks no network."""
    moved = shutil.copy(weights, tmp_path / "moved.pth")
    flow = FlowVolume(method="raft", weights=str(weights))
    other = ClipTimesteps(backbone="event-tiny")

    def asked(wanted: Representation) -> list[tuple[str, str]]:
        return wanted.networks(load_model)

    digest = load_model("event-tiny").weights_digest
    assert asked(Joint(a=flow, b=other)) == [*asked(flow), ("event-tiny", digest)]
    assert asked(flow) == asked(replace(flow, weights=str(moved))) == [("raft", digest_of_file(weights))]
    assert asked(FlowVolume()) == []


def pictures(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, height, width, 3)).astype(np.uint8)


def test_flow_has_the_size_of_the_pictures_and_is_that_of_torchvision(weights: Path) -> None:
    network = optical_flow.raft_small()
    network.load_state_dict(torch.load(weights, weights_only=True))
    two = pictures(128, 136)
    before, after = torch.from_numpy(two).permute(0, 3, 1, 2)[:, None] / 127.5 - 1
    with torch.inference_mode():
        expected = network.eval()(before, after)[-1][0].permute(1, 2, 0)
    (flow,) = flow_between(two, "raft", str(weights))
    assert np.allclose(flow, expected, atol=1e-4)


def test_small_pictures_are_enlarged_and_nothing_is_drawn_from_the_global_generator(weights: Path) -> None:
    before = torch.random.get_rng_state()
    (flow,) = flow_between(pictures(30, 37), "raft", str(weights))
    assert flow.shape == (30, 37, 2)
    assert np.isfinite(flow).all()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_bytes_of_the_weights_count_and_not_their_name(weights: Path, tmp_path: Path) -> None:
    copy, other = tmp_path / "copy.pth", tmp_path / "other.pth"
    shutil.copy(weights, copy)
    other.write_bytes(b"others")
    keys = [FlowVolume(method="raft", weights=str(path)).key for path in (weights, copy, other)]
    assert keys[0] == keys[1] != keys[2]
    assert str(weights) not in keys[0]


def test_weights_of_another_kind_or_none_are_refused(
    weights: Path, tmp_path: Path, make_recording: Callable[..., object]
) -> None:
    state = torch.load(weights, weights_only=True)
    state["extra"] = state.pop(first := next(iter(state)))
    save_file(state, tmp_path / "renamed.safetensors")
    (tmp_path / "text.pth").write_text("no weights")
    (tmp_path / "code.pth").write_bytes(pickle.dumps(print, 2))
    for name, said in (
        ("renamed.safetensors", f"of raft_small, 2 tensors are missing.*extra, {first}"),
        ("text.pth", "no weights can be read"),
        ("code.pth", "no weights can be read"),
        ("gone.pth", "cannot be read"),
    ):
        with pytest.raises(OptionError, match=said):
            next(flow_between(pictures(8, 8), "raft", str(tmp_path / name)))
