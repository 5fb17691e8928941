"""neuroclip-lora: a head for NeuroCLIP that learns through the image encoder."""

__version__ = "0.1.0"
