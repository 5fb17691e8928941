"""One answer per recording: scores over classes, and what the model saw and said at each timestep."""

from neuroclip.prediction.answer import Prediction
from neuroclip.prediction.asking import DEFAULT_HEAD, predict, zero_shot

__all__ = ["DEFAULT_HEAD", "Prediction", "predict", "zero_shot"]
