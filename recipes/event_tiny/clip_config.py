"""The open_clip configuration of event-tiny: in one place for distillation and export."""

CONFIG = {
    "model_cfg": {
        "embed_dim": 256,
        "vision_cfg": {
            "timm_model_name": "test_byobnet",
            "timm_model_pretrained": False,
            "timm_pool": "avg",
            "timm_proj": "mlp",
            "image_size": 64,
        },
        "text_cfg": {"context_length": 24, "vocab_size": 49408, "width": 128, "heads": 4, "layers": 4},
    },
    "preprocess_cfg": {
        "mean": [0.5, 0.5, 0.5],
        "std": [1.0, 1.0, 1.0],
        "interpolation": "bilinear",
        "resize_mode": "squash",
    },
}
TEMPLATES = (
    "a picture of {}",
    "a photo of a {}",
    "an icon of {}",
    "an event camera frame of {}",
    "a drawing of a {}",
    "the shape of a {}",
    "an event camera recording of a {}",
    "a {}",
    "the {}",
    "a black and white photo of a {}",
    "a sketch of a {}",
    "a low quality picture of the {}",
    "events of a {} in motion",
    "a point cloud image of a {}",
    "a {} seen by an event camera",
)
GLYPH_TEMPLATES = (
    "the digit {}",
    "a picture of the digit {}",
    "a handwritten digit {}",
    "the number {}",
    "an image of the number {}",
    "an event camera frame of the digit {}",
    "a photo of the number {}",
    "{}",
    'a black and white photo of the number: "{}"',
    "the arabic numeral {}",
    "a handwritten {}",
)
LETTER_TEMPLATES = (
    "the letter {}",
    "a picture of the letter {}",
    "letter {}",
    "an event camera frame of the letter {}",
    "{}",
    "a handwritten letter {}",
    "capital letter {}",
    "the character {}",
)
