"""Everything that open_clip can load, with its surprises turned into sentences."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import open_clip
from open_clip.tokenizer import SimpleTokenizer

from neuroclip.backbones import downloads, weights
from neuroclip.backbones.model import Loaded
from neuroclip.backbones.names import DEFAULT_MODEL, Source
from neuroclip.backbones.preprocess import Preprocess
from neuroclip.errors import ModelError


def load(source: Source) -> Loaded:
    """Load what `source` names through open_clip.

    Raises:
        ModelError: Unknown architecture or tag, QuickGELU on one side only, weights that do not fit, cannot be
            read safely or cannot be downloaded.
    """
    if source.kind in ("file", "tag"):
        weights.check_names(source)
    name = {"directory": f"local-dir:{source.place}", "hub": f"hf-hub:{source.place}"}.get(
        source.kind, source.architecture
    )
    if source.kind == "file":
        weights.check_file(source)
    try:
        with warnings.catch_warnings(), _quiet():
            warnings.simplefilter("ignore")
            pretrained = source.place if source.kind in ("file", "tag") else None
            with _no_code_beside_weights(source, name) as refusing:
                network = open_clip.create_model(
                    name, pretrained=pretrained, require_pretrained=True, weights_only=True
                )
                tokenizer: Any = open_clip.get_tokenizer(name, **refusing)
    except ModelError:
        raise
    except Exception as error:  # open_clip, torch and the hub raise a dozen unrelated kinds
        raise _explained(source, error) from error
    simple = isinstance(tokenizer, SimpleTokenizer)
    return Loaded(
        network=network,
        tokenize=tokenizer,
        count_tokens=_counter(tokenizer) if simple else None,
        preprocess=Preprocess.from_config(open_clip.get_model_preprocess_cfg(network)),
        # read again: create_model changes its own copy
        model_cfg=open_clip.get_model_config(name) or {},
    )


@contextmanager
def _no_code_beside_weights(source: Source, name: str) -> Generator[dict[str, Any]]:
    """Let `transformers`, where a configuration names a tokenizer or text tower of it, run nothing that lies there.

    Gives what its tokenizer has to be told, whatever the configuration says; and where `transformers` would ask on the
    terminal, it refuses.

    Raises:
        ModelError: The configuration asks for code to be run.
    """
    text = (open_clip.get_model_config(name) or {}).get("text_cfg") or {}
    if (text.get("tokenizer_kwargs") or {}).get("trust_remote_code"):
        raise ModelError(
            f"{source.name}: its configuration asks to run code that lies beside the weights (trust_remote_code), and "
            "only data is loaded: take a model whose tokenizer needs none"
        )
    if not (text.get("hf_tokenizer_name") or text.get("hf_model_name")):
        yield {}
        return
    try:
        from transformers import dynamic_module_utils as asking
    except ImportError:  # which open_clip will say
        yield {}
        return
    before = asking.TIME_OUT_REMOTE_CODE
    asking.TIME_OUT_REMOTE_CODE = 0  # how long it waits for somebody to say yes
    try:
        yield {"trust_remote_code": False} if text.get("hf_tokenizer_name") else {}
    finally:
        asking.TIME_OUT_REMOTE_CODE = before


@contextmanager
def _quiet() -> Generator[None]:
    """Keep what open_clip logs about failed downloads off stderr: our own sentence says it."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _counter(tokenizer: SimpleTokenizer) -> Callable[[str], int]:
    return lambda text: len(tokenizer.encode(text)) + 2


def _explained(source: Source, error: Exception) -> ModelError:
    what = " ".join(str(error).split()) or type(error).__name__
    if source.kind in ("tag", "hub") and downloads.is_missing(source):
        return ModelError(downloads.how_to_get(source))
    if isinstance(error, RuntimeError) and "state_dict" in what:
        return ModelError(
            f"{source.place}: these weights do not fit {source.architecture or 'the configuration beside them'} "
            f"({weights.first_misfit(what)})"
        )
    return ModelError(
        f"{source.name} cannot be loaded: {what[:300]}; --model {DEFAULT_MODEL} needs no download"
    )
