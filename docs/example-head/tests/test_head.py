"""What the head does beyond the contract: it begins as zero-shot, changes no model, and keeps little."""

import neuroclip
import pytest
import torch
from neuroclip.bank import Bank
from neuroclip.classes import Classes
from neuroclip.errors import HeadError, OptionError
from neuroclip.heads import find
from neuroclip.testing import TOY_CLASSES, ToyModel, toy_recordings
from neuroclip_lora.head import Lora
from neuroclip_lora.learning import shifted

SMALL = Lora(steps=2, epochs=2)


@pytest.fixture(scope="module")
def model():
    # fp32, since zero-shot embeddings of a model in bf16 are rounded, and what is learned from is not
    return neuroclip.load_model(precision="fp32", device="cpu")


def shots(head, n=4, seed=0):
    recordings = [recording for name in TOY_CLASSES for recording in toy_recordings(name, n, seed=seed)]
    return Bank().get(head.representation, recordings, None), torch.arange(3).repeat_interleave(n)


def test_before_it_learns_it_is_zero_shot(model):
    recordings = toy_recordings("apple", 3) + toy_recordings("stone", 3)
    words = ["an apple", "the digit 8", "a square"]
    ours, theirs = (
        neuroclip.zero_shot(recordings, words, model=model, head=head, steps=4)
        for head in (Lora, find("zero-shot"))
    )
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.scores == pytest.approx(other.scores, abs=1e-5)
        for name in words:
            assert mine.timesteps[name] == pytest.approx(other.timesteps[name], abs=1e-5)


def test_it_learns_what_the_model_takes_for_something_else():
    mistaken = ToyModel(dict(zip(TOY_CLASSES, TOY_CLASSES[1:] + TOY_CLASSES[:1], strict=True)))
    classes, head = Classes(TOY_CLASSES, model=mistaken), Lora(steps=2, epochs=40, learning_rate=0.02)
    (x, y), (asked, right) = shots(head), shots(head, seed=1)
    before = head.fit(torch.zeros(0), y[:0], classes, seed=0)
    assert (head.logits(before, asked, classes).argmax(-1) == right).float().mean() < 0.4
    after = head.fit(x, y, classes, seed=0)
    assert (head.logits(after, asked, classes).argmax(-1) == right).float().mean() > 0.9


def test_the_model_stays_as_it_was_and_the_state_is_small(model):
    classes = Classes(TOY_CLASSES, model=model)
    before = {name: value.clone() for name, value in model.image_weights.items()}
    state = SMALL.fit(*shots(SMALL), classes, seed=0)
    assert all(torch.equal(value, model.image_weights[name]) for name, value in before.items())
    assert sum(value.nbytes for value in state.values()) < 50_000
    moved = [name for name, value in state.items() if name.endswith(".B") and value.abs().max() > 0]
    assert len(moved) == len([name for name in state if name.endswith(".B")]) == 24


def test_a_state_of_another_model_is_refused(model):
    classes, others = Classes(TOY_CLASSES, model=model), Classes(TOY_CLASSES, model=ToyModel())
    x, y = shots(SMALL)
    checkpoint = next(SMALL.train(x, y, others, seed=0))
    with pytest.raises(HeadError, match="give the model that it was fitted with"):
        SMALL.logits(checkpoint.state, x, classes)
    with pytest.raises(HeadError, match="event-tiny has the weights"):
        next(SMALL.train(x, y, classes, seed=0, resume=checkpoint))


def test_a_checkpoint_stays_as_it_is_while_learning_goes_on():
    x, y = shots(SMALL)
    with torch.no_grad():
        learning = SMALL.train(x, y, Classes(TOY_CLASSES, model=ToyModel()), seed=0)
        first = next(learning)
        assert not torch.is_grad_enabled()
        kept = [{name: value.clone() for name, value in part.items()} for part in (first.state, first.resume)]
        second = next(learning)
    for part, copies in zip((first.state, first.resume), kept, strict=True):
        assert all(torch.equal(value, copies[name]) for name, value in part.items())
    assert any(not torch.equal(value, first.state[name]) for name, value in second.state.items())


def test_a_shift_moves_all_frames_of_a_recording_alike():
    x = torch.full((40, 3, 9, 9), 127, dtype=torch.uint8)
    x[:, :, 4, 4] = 255
    moved = shifted(x, 2, torch.Generator().manual_seed(0))
    n, _, rows, columns = (moved == 255).nonzero().T
    assert n.bincount().tolist() == [3] * 40  # one pixel in each of three frames, none lost
    for axis in (rows, columns):
        places = axis.view(40, 3)
        assert (places == places[:, :1]).all()
        assert set(axis.tolist()) == {2, 3, 4, 5, 6}
    assert shifted(x, 0, torch.Generator()) is x


@pytest.mark.parametrize(
    "options", [{"rank": 0}, {"alpha": 0.0}, {"learning_rate": -1.0}, {"shift": -1}, {"steps": 0}]
)
def test_options_that_cannot_be_are_refused(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        Lora(**options)
