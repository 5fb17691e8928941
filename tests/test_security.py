"""What SECURITY.md promises: what is loaded is data, nothing is unpickled, and nothing is fetched."""

from __future__ import annotations

import ast
import json
import pickle
import socket
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from neuroclip.errors import HeadError, ModelError, NeuroclipError, OptionError, RecordingError

PACKAGES = ("neuroclip", "neuroclip_adapters", "neuroclip_plugins", "neuroclip_prompts")
FORBIDDEN = {
    *("cloudpickle", "dill", "joblib", "marshal", "shelve"),  # would run what a file says
    *("ctypes", "subprocess", "yaml"),
    *("aiohttp", "ftplib", "http", "httpx", "requests", "socket", "urllib"),  # would fetch
}
CALLS = {"__import__", "compile", "eval", "exec"}
ATTRIBUTES = {
    *("os.system", "os.popen", "torch.hub.load", "torch.jit.load", "torch.package", "runpy.run_path"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "np.load", "numpy.load"),
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Yield every module of the packages, without the beginnings for packages of others."""
    for package in PACKAGES:
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        for path in sorted(folder.rglob("*.py")):
            if "templates" not in path.parts:
                name = f"{package}/{path.relative_to(folder).as_posix()}"
                yield name, ast.parse(path.read_text(encoding="utf-8"))


SOURCES = dict(sources())


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` of an attribute, or what is left of it."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def imported(tree: ast.Module) -> set[str]:
    """Return the modules that are imported, with all of their parents' names."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def test_all_sources_are_looked_at() -> None:
    assert len(SOURCES) > 150
    assert {name.partition("/")[0] for name in SOURCES} == set(PACKAGES)


def test_nothing_is_imported_that_runs_what_a_file_says_starts_programs_or_fetches() -> None:
    found = {
        f"{name}: {module}"
        for name, tree in SOURCES.items()
        for module in imported(tree)
        if module.partition(".")[0] in FORBIDDEN
    }
    assert found == set()


def test_pickle_is_known_only_by_the_error_that_says_what_was_refused() -> None:
    for name, tree in SOURCES.items():
        used = {dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert {one for one in used if one.startswith("pickle.")} <= {"pickle.UnpicklingError"}, name
        assert not any(module.startswith("pickle.") for module in imported(tree)), name


def test_no_text_becomes_code() -> None:
    """`re.compile` is another; the module that open_clip keeps its tokenizer in is run from its installed file."""
    for name, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = dotted(node.func)
                assert called not in CALLS | ATTRIBUTES, f"{name}:{node.lineno}: {called}"
                if called.endswith(".exec_module"):
                    assert name == "neuroclip/backbones/tokenizer.py"


def test_torch_loads_weights_alone() -> None:
    """And in no more than three modules, each of which a test below tries."""
    loads = [
        (name, {word.arg: word.value for word in node.keywords})
        for name, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and dotted(node.func) == "torch.load"
    ]
    assert {name for name, _ in loads} == {
        "neuroclip/backbones/weight_files.py",
        "neuroclip/backbones/weights.py",
        "neuroclip/representations/raft.py",
    }
    for name, words in loads:
        only = words.get("weights_only")
        assert isinstance(only, ast.Constant), name
        assert only.value is True, name


def test_only_backbones_know_the_hub() -> None:
    knows = {name for name, tree in SOURCES.items() if any("huggingface" in m for m in imported(tree))}
    assert knows
    assert all(name.startswith("neuroclip/backbones/") for name in knows)


class Trap:
    """What writes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_the_trap_works(tmp_path: Path) -> None:
    """Otherwise the tests below would say nothing."""
    pickle.loads(pickle.dumps(Trap(tmp_path / "sprung")))
    assert (tmp_path / "sprung").exists()


def weights_of_a_network(file: Path) -> None:
    from neuroclip.backbones.weight_files import read_weights

    read_weights(file)


def weights_of_a_model(file: Path) -> None:
    from neuroclip import load_model

    load_model(f"ViT-B-32:{file}")


def weights_of_flow(file: Path) -> None:
    from neuroclip.representations.raft import raft

    raft(str(file), "digest")


@pytest.mark.parametrize("read", [weights_of_a_network, weights_of_a_model, weights_of_flow])
def test_a_checkpoint_with_code_is_refused_and_not_run(read: Callable[[Path], None], tmp_path: Path) -> None:
    """These are all places that call `torch.load`: `test_torch_loads_weights_alone` finds no other."""
    file, sprung = tmp_path / "w.pt", tmp_path / "sprung"
    torch.save({"state_dict": {"weight": torch.zeros(1)}, "more": Trap(sprung)}, file)
    with pytest.raises((ModelError, OptionError), match=r"w\.pt"):
        read(file)
    assert not sprung.exists()


@pytest.mark.filterwarnings("ignore:.*torch.jit", "ignore:.*TorchScript")
def test_a_torchscript_archive_is_refused(tmp_path: Path) -> None:
    from neuroclip.backbones.weight_files import read_weights

    torch.jit.script(torch.nn.Linear(1, 1)).save(str(tmp_path / "w.pt"))
    with pytest.raises(ModelError, match=r"w\.pt"):
        read_weights(tmp_path / "w.pt")


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_a_recording_of_python_objects_is_refused_and_not_run(suffix: str, tmp_path: Path) -> None:
    import neuroclip

    path, objects = tmp_path / f"r{suffix}", np.array([Trap(tmp_path / "sprung")], dtype=object)
    if suffix == ".npy":
        np.save(path, objects, allow_pickle=True)
    else:
        np.savez(path, t=objects, x=objects, y=objects, p=objects)
    with pytest.raises(RecordingError):
        neuroclip.read(path)
    assert not (tmp_path / "sprung").exists()


def test_a_fitted_head_whose_tensors_are_pickled_is_refused_and_not_run(tmp_path: Path) -> None:
    from neuroclip.classes import Classes, load_prompts
    from neuroclip.heads import find, load, save

    save(
        tmp_path,
        find("prototype")(),
        {"means": torch.zeros(2, 3)},
        Classes(("a", "b"), load_prompts("default")),
    )
    assert load(tmp_path).names == ("a", "b")
    state = tmp_path / "state.safetensors"
    state.write_bytes(pickle.dumps({"means": Trap(tmp_path / "sprung")}))
    with pytest.raises(HeadError):
        load(tmp_path)
    assert not (tmp_path / "sprung").exists()

    save_file({"means": torch.ones(2, 3)}, state)
    with pytest.raises(HeadError, match="changed after it was saved"):
        load(tmp_path)


def test_a_fitted_head_names_only_what_is_installed(tmp_path: Path) -> None:
    """It is a name of an entry point, never a module."""
    from neuroclip.heads import load

    save_file({}, tmp_path / "state.safetensors")
    content: dict[str, Any] = {"format": 1, "head": "os:system", "options": {}, "provenance": {}}
    content |= {"classes": {"names": [], "prompts": {}}, "digest": ""}
    (tmp_path / "head.json").write_text(json.dumps(content))
    with pytest.raises(HeadError, match=r"No head named 'os:system'"):
        load(tmp_path)


def test_only_heads_that_neuroclip_heads_allows_may_load(monkeypatch: pytest.MonkeyPatch) -> None:
    from neuroclip.heads import find, installed

    monkeypatch.setenv("NEUROCLIP_HEADS", "zero-shot, prototype")
    assert {row.name for row in installed() if row.status == "ok"} == {"zero-shot", "prototype"}
    assert find("prototype").__name__ == "Prototype"
    with pytest.raises(HeadError, match="NEUROCLIP_HEADS"):
        find("linear-probe")


def test_the_default_model_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    import neuroclip
    from neuroclip.samples import samples

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    sample = samples()[0]
    answer = neuroclip.zero_shot(sample.path, sample.classes, prompts=sample.prompts)
    assert answer.label == sample.label


def test_what_a_user_may_load_wrongly_is_one_sentence() -> None:
    """The errors above are all such, so that the command line shows no traceback of them."""
    assert all(
        issubclass(kind, NeuroclipError) for kind in (HeadError, ModelError, OptionError, RecordingError)
    )


@pytest.mark.parametrize("asks", [True, False])
def test_no_code_beside_a_models_weights_is_run(
    asks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where its configuration says to trust it, nor by asking whoever sits there."""
    if not asks:
        pytest.importorskip("transformers")
    import open_clip

    from neuroclip import load_model

    vision = {"image_size": 32, "layers": 1, "width": 64, "head_width": 32, "patch_size": 16}
    text: dict[str, Any] = {"context_length": 8, "vocab_size": 100, "width": 64, "heads": 2, "layers": 1}
    network = open_clip.CLIP(embed_dim=16, vision_cfg=vision, text_cfg=text)
    save_file(
        {k: v.contiguous() for k, v in network.state_dict().items()}, tmp_path / "open_clip_model.safetensors"
    )
    text |= {"hf_tokenizer_name": "any/name", "tokenizer_kwargs": {"trust_remote_code": True} if asks else {}}
    model = {"embed_dim": 16, "vision_cfg": vision, "text_cfg": text}
    about = {"mean": [0.5] * 3, "std": [0.5] * 3}
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": model, "preprocess_cfg": about}))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    named = {"tokenizer_class": "Own", "auto_map": {"AutoTokenizer": ["own.Own", None]}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(named))
    sprung = tmp_path / "sprung"
    (tmp_path / "own.py").write_text(
        f"open({str(sprung)!r}, 'w').close()\nfrom transformers import PreTrainedTokenizer as Own\n"
    )
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    with pytest.raises(ModelError, match="trust_remote_code" if asks else "cannot be loaded"):
        load_model(str(tmp_path))
    assert not sprung.exists()
