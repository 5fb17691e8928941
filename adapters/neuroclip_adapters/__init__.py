"""Layers over timesteps: tensors in, tensors out."""

from neuroclip_adapters.batch_norm import Statistics
from neuroclip_adapters.bottleneck import (
    LEARNED,
    Adapted,
    initial_parameters,
    inter_timestep,
    update_running,
)
from neuroclip_adapters.caching import cache_logits
from neuroclip_adapters.logistic import Logistic, fit_logistic
from neuroclip_adapters.neurons import Neuron, lif_neuron, relu_neuron
from neuroclip_adapters.simplex import fit_simplex_weights, mixture_gradient, mixture_loss
from neuroclip_adapters.transformer import frame_transformer, transformer_parameters
from neuroclip_adapters.weighting import normalized_weights, weighted_sum

__all__ = [
    "LEARNED",
    "Adapted",
    "Logistic",
    "Neuron",
    "Statistics",
    "cache_logits",
    "fit_logistic",
    "fit_simplex_weights",
    "frame_transformer",
    "initial_parameters",
    "inter_timestep",
    "lif_neuron",
    "mixture_gradient",
    "mixture_loss",
    "normalized_weights",
    "relu_neuron",
    "transformer_parameters",
    "update_running",
    "weighted_sum",
]
