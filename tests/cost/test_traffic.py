"""Bytes moved, against sums over tensors made by hand."""

from __future__ import annotations

import pytest
import timm
import torch
from torch import nn

from bench.cost.count import count
from bench.cost.meta_cache import Shapes

IMAGE = 3 * 16 * 16 * 4  # bytes


def test_a_layer_reads_its_input_and_writes_its_output_and_weights_are_left_out() -> None:
    assert count(nn.Conv2d(3, 8, 1), 16).traffic == IMAGE + 8 * 16 * 16 * 4


def test_work_in_place_reads_and_writes_and_views_are_free() -> None:
    both = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU(inplace=True), nn.Flatten(), nn.Identity())
    assert count(both, 16).traffic == 4 * IMAGE


class Broadcast(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(16))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        scale = (self.weight.exp() + 1).expand(16, 16)  # of weights alone: free
        pixel = image[..., :1, :1].expand_as(image)  # reads one pixel, not 256
        return image * scale + pixel


def test_what_is_expanded_is_read_once() -> None:
    # The product reads and writes an image; the sum reads it, reads a view of the image as large
    # as what lies beneath it, and writes.
    assert count(Broadcast(), 16).traffic == 2 * IMAGE + 3 * IMAGE


class Buffered(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        room = torch.zeros(1, 6, 16, 16, device=image.device)
        room[:, 3:] = image
        return room.relu()


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_room_that_was_made_and_filled_counts_from_then_on(device: str) -> None:
    # The copy reads the image and what it overwrites, and writes; the rest is twice as large.
    assert count(Buffered().to(device), 16).traffic == 3 * IMAGE + 4 * IMAGE


@pytest.mark.parametrize(
    "name",
    ["resnet18", "vit_tiny_patch16_224", "swin_tiny_patch4_window7_224", "nf_resnet26"],
)
def test_it_grows_with_the_batch(name: str) -> None:
    """Also where weights are standardized at every pass, as in NF-ResNet."""
    with torch.device("meta"), Shapes():
        network = timm.create_model(name).eval()
    one, three = (count(network, 224, batch=batch).traffic for batch in (1, 3))
    assert three == pytest.approx(3 * one, rel=0.01)


def test_attention_called_as_one_operator_keeps_its_matrix_to_itself() -> None:
    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return nn.functional.scaled_dot_product_attention(image, image, image)

    assert count(Attention(), 16).traffic == 4 * IMAGE
    assert count(Attention().to("meta"), 16).traffic == 4 * IMAGE
