"""One network for each input of `tsn`: as it begins to learn, goes on, and answers."""

from __future__ import annotations

import torch
from torch import Generator, nn

from neuroclip.heads import State, unnested
from neuroclip_plugins.tsn.backbones import Backbone, Pixels, bare_backbone, load_backbone
from neuroclip_plugins.tsn.options import SegmentOptions
from neuroclip_plugins.tsn.segments import SegmentNetwork, initialise_classifier

_CHANNELS = {"events": 1, "rgb": 3}


def learning_networks(
    head: SegmentOptions, classes: int, generator: Generator, state: State | None
) -> tuple[nn.ModuleDict, dict[str, Pixels]]:
    """Return the networks that learning begins, or goes on, with, and what pictures each wants.

    Raises:
        ModelError, OptionError: As `load_backbone`.
    """
    networks, pixels = nn.ModuleDict(), dict[str, Pixels]()
    for stream in head.streams:
        channels = _CHANNELS[stream]
        if state is None:
            backbone = load_backbone(head.backbone, head.weights, channels, head.size, generator)
            network = _network(head, backbone, classes)
            initialise_classifier(network, generator)
        else:
            backbone = bare_backbone(head.backbone, channels)
            network = _network(head, backbone, classes)
            own = {name: value.clone() for name, value in unnested(stream, state).items()}
            network.load_state_dict(own, assign=True)
        networks[stream], pixels[stream] = network, backbone.pixels
    networks.to(head.place).train()
    if head.partial_bn or (head.partial_bn is None and head.weights is not None):
        for network in networks.values():
            assert isinstance(network, SegmentNetwork)
            network.freeze_norms()
    return networks, pixels


def learned_network(
    head: SegmentOptions, stream: str, classes: int, state: State
) -> tuple[SegmentNetwork, Pixels]:
    """Return the network of an input as it was learned, and what pictures it wants."""
    backbone = bare_backbone(head.backbone, _CHANNELS[stream])
    network = _network(head, backbone, classes)
    own = {name: value.to(head.place) for name, value in unnested(stream, state).items()}
    network.load_state_dict(own, assign=True)
    return network.eval().to(head.place), backbone.pixels


def _network(head: SegmentOptions, backbone: Backbone, classes: int) -> SegmentNetwork:
    with torch.device("meta"):  # which draws nothing from the global generator
        network = SegmentNetwork(
            nn.Identity(), backbone.features, classes, segments=head.segments, consensus=head.consensus,
            dropout=head.dropout,
        )  # fmt: skip
    network.to_empty(device="cpu")
    network.backbone = backbone.network
    return network
