"""Fitting on shots, measuring on the rest, and what must never be seen."""

import shutil
from dataclasses import dataclass

import pytest
import torch
from neuroclip_plugins.linear_probe import LinearProbe
from neuroclip_plugins.prototype import Prototype
from open_clip.transformer import VisionTransformer

from neuroclip import heads
from neuroclip.classes import Classes, load_prompts
from neuroclip.datasets import make_split, open_dataset
from neuroclip.errors import DatasetError, HeadError
from neuroclip.fitting import Task, evaluate, fit, provenance_of
from neuroclip.fitting.costs import ACCUMULATE_PJ, MAC_PJ, costs_of
from neuroclip.heads import Operations
from neuroclip.representations import ClipTimesteps, Representation
from neuroclip.testing import ToyModel

MODEL = ToyModel()


def task_of(root, shots=2, seed=0, names=(), **options):
    dataset = open_dataset(root).sized()
    split = make_split(dataset, shots=shots, seed=seed, **options)
    return Task(dataset, split, MODEL, load_prompts(), names=names)


def test_what_is_easy_is_learned_and_measured(write_toys):
    task = task_of(write_toys())
    fitted = fit(task, Prototype(steps=4), seed=0)
    found = evaluate(task, fitted.head, fitted.state, task.split.test)
    assert found.metrics.accuracy == 1.0
    assert found.metrics.n == 6
    assert found.costs.parameters == sum(tensor.numel() for tensor in fitted.state.values())


OPTIONS = {
    "i3d-events": {"alpha": 0.0, "interval_us": 5000, "width": 0.06, "size": 16, "steps": 2},
    "vgg-probe": {"backbone": "timm:vgg11_bn@0.0625:random", "size": 32},
    "vgg-dense": {"backbone": "timm:vgg11_bn@0.0625:random", "size": 32, "hidden": 16},
    "vgg-scratch": {"architecture": "vgg11_bn", "width": 0.0625, "size": 32, "hidden": 16},
    "tsn": {"backbone": "timm:test_resnet", "size": 32, "frames": 3, "test_segments": 3, "epochs": 1},
    "average": {"members": [{"head": "zero-shot"}, {"head": "linear-probe"}]},
}
"""Of heads that need others than `{"steps": 2}` to learn from toys in a moment."""
WITH_VIDEO = ("i3d-flow", "i3d-rgb", "i3d-flow-rgb")
"""Toys have none. The last is an `average`; the others share with `i3d-events` how they learn."""


@pytest.mark.parametrize("name", [row.name for row in heads.installed() if row.name not in WITH_VIDEO])
def test_shuffled_test_labels_change_no_fitted_state(write_toys, name):
    """Nothing of the test part is within reach of fit: its labels, its recordings, its number."""
    honest, shuffled = write_toys("a"), write_toys("b")
    stone, apple = shuffled / "Test" / "stone", shuffled / "Test" / "apple"
    stone.rename(shuffled / "x")
    apple.rename(stone)
    (shuffled / "x").rename(apple)
    shutil.copy(next(apple.glob("*.npz")), stone / "one_more.npz")
    options = {"epochs": 3} if "epochs" in heads.options.names_of(heads.find(name)) else {}
    head = heads.restore(name, {**options, **OPTIONS.get(name, {"steps": 2})})
    one, other = (fit(task_of(root), head, seed=3).state for root in (honest, shuffled))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_the_published_way_scores_every_epoch_and_saves_the_last(write_toys):
    task = task_of(write_toys())
    head = heads.restore("relu-adapter", {"epochs": 4, "steps": 2})
    plain, published = fit(task, head, seed=0), fit(task, head, seed=0, as_published=True)
    assert len(published.published) == 4
    assert all(torch.equal(plain.state[key], published.state[key]) for key in plain.state)
    last = evaluate(task, head, published.state, task.split.test).metrics.accuracy
    assert published.published[-1] == last <= max(published.published)


def test_too_few_shots_name_the_class(write_toys):
    with pytest.raises(HeadError, match="linear-probe needs at least 1 shots per class, and 'apple' has 0"):
        fit(task_of(write_toys(), shots=0), LinearProbe(), seed=0)


def test_a_class_that_a_head_does_not_know_is_named(write_toys):
    with pytest.raises(
        DatasetError, match="of 'cloud', which the head does not know; it was fitted on stone, apple"
    ):
        task_of(write_toys(), names=("stone", "apple"))


def test_nothing_to_measure_on_is_said(write_toys):
    task = task_of(write_toys())
    with pytest.raises(DatasetError, match="no recording to measure on"):
        evaluate(task, Prototype(), {}, ())


def test_energy_is_worked_out_from_what_a_head_says_it_does(write_toys):
    class Spiking(Prototype):
        def operations(self, state, x, classes):
            return Operations(macs=1000, accumulates=500, firing_rate=0.25)

    task = task_of(write_toys())
    head = Spiking(steps=2)
    x = task.read(head.representation, task.split.train)
    costs = costs_of(head, {}, x, task.classes, MODEL)
    encoder = costs.encoder_macs * MAC_PJ
    assert costs.energy_uj == pytest.approx((1000 * 4.6 + 500 * 0.9 + encoder) / 1e6)
    assert costs.firing_rate == 0.25
    assert ACCUMULATE_PJ == 0.9


def test_a_linear_head_costs_a_product_per_class_and_number(write_toys):
    """A probe on the mean of t embeddings of d numbers does t d multiply-accumulates for that, and then c d."""
    task = task_of(write_toys())
    head = LinearProbe(steps=2, inputs="mean")
    state = fit(task, head, seed=0).state
    x = task.read(head.representation, task.split.train)
    assert costs_of(head, state, x, task.classes, MODEL).macs == (2 + 3) * MODEL.dim


@dataclass(frozen=True)
class Doubled(Representation):
    """Somebody's own, which asks the encoder."""

    steps: int = 2
    backbone: str | None = None

    def compute(self, recording, backbones):
        return 2 * ClipTimesteps(self.steps, backbone=self.backbone).compute(recording, backbones)


def test_the_encoder_is_counted_for_a_representation_of_somebodys_own(write_toys):
    class OnDoubled(Prototype):
        @property
        def representation(self):
            return Doubled(self.steps)

    task = task_of(write_toys())
    costs = []
    for head in (Prototype(steps=2), OnDoubled(steps=2)):
        x, state = task.read(head.representation, task.split.train), {"prototypes": torch.ones(3, MODEL.dim)}
        one = task.items[task.split.train[0]].file.load
        costs.append(costs_of(head, state, x, task.classes, MODEL, one))
    assert costs[1].encoder_macs == costs[0].encoder_macs > 0


def test_members_that_read_the_same_embeddings_share_what_the_encoder_costs(write_toys):
    task = task_of(write_toys())
    alone = Prototype(steps=2)
    both = heads.restore("average", {"members": [{"head": "prototype", "options": {"steps": 2}}] * 2})
    x, joint = (task.read(head.representation, task.split.train) for head in (alone, both))
    costs = [
        costs_of(head, fit(task, head, seed=0).state, read, task.classes, MODEL)
        for head, read in ((alone, x), (both, joint))
    ]
    assert costs[1].encoder_macs == costs[0].encoder_macs > 0
    assert costs[1].macs == 2 * costs[0].macs


def test_the_attention_of_an_encoder_layer_is_counted_too(write_toys):
    """Of t tokens of d numbers: 4 t d d for queries, keys, values and results, 2 t t d for attention, 2 t d h."""

    class Attending(Prototype):
        @property
        def representation(self):
            return ClipTimesteps(4)

        def logits(self, state, x, classes):
            return LAYER(x).mean(1)

    task, t, d, h = task_of(write_toys()), 4, MODEL.dim, 24
    LAYER = torch.nn.TransformerEncoderLayer(d, 2, h, batch_first=True).eval()
    head = Attending()
    x = task.read(head.representation, task.split.train)
    fused = torch.backends.mha.get_fastpath_enabled()
    assert costs_of(head, {}, x, task.classes, MODEL).macs == 4 * t * d * d + 2 * t * t * d + 2 * t * d * h
    assert torch.backends.mha.get_fastpath_enabled() is fused


def test_a_vision_transformer_costs_what_its_layers_come_to_by_hand():
    """Of n = 16 + 1 tokens of d numbers: 12 n d d + 2 n n d a layer, before them the patches, behind them d e."""
    n, d, e, layers, patch = 17, 32, 24, 2, 8

    class Seeing(ToyModel):
        network = VisionTransformer(32, patch, d, layers, heads=2, mlp_ratio=4, output_dim=e).eval()

        def __init__(self):
            super().__init__()
            self.image_size = (32, 32)

        def encode_frames(self, frames, *, resize, normalize):
            with torch.no_grad():
                return self.network(torch.from_numpy(frames)[:, None].float().expand(-1, 3, -1, -1))

    by_hand = layers * (12 * n * d * d + 2 * n * n * d) + (n - 1) * 3 * patch * patch * d + d * e
    head = Prototype(steps=3)
    x = torch.ones(1, 3, MODEL.dim)
    costs = costs_of(
        head, {"prototypes": torch.ones(3, MODEL.dim)}, x, Classes(("a", "b", "c"), model=MODEL), Seeing()
    )
    assert costs.encoder_macs == 3 * by_hand


def test_what_training_reads_is_part_of_what_decides(write_toys, monkeypatch):
    task = task_of(write_toys())

    class Elsewhere(ClipTimesteps):
        def networks(self, backbones):
            return [("timm:other", "1234")]

    monkeypatch.setattr(LinearProbe, "training", property(lambda self: Elsewhere(2)), raising=False)
    assert ["timm:other", "1234"] in provenance_of(task, LinearProbe(), 0)["networks"]
