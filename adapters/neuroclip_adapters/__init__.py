"""Layers over timesteps: tensors in, tensors out."""

from neuroclip_adapters.weighting import normalized_weights, weighted_sum

__all__ = ["normalized_weights", "weighted_sum"]
