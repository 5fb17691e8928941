"""What mkdocs is told beyond mkdocs.yml: pages that are no Markdown below docs (see the hooks there).

These are the API reference, one page for each room with public names, which mkdocstrings fills from the source;
notebooks; and documents of the project outside docs. The same Markdown has to read well where the repository is shown,
so that links are written as they are there, and turned here.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]

ROOMS = (
    "neuroclip",
    "neuroclip.recording",
    "neuroclip.formats",
    "neuroclip.emulation",
    "neuroclip.synthetic",
    "neuroclip.datasets",
    "neuroclip.representations",
    "neuroclip.bank",
    "neuroclip.backbones",
    "neuroclip.classes",
    "neuroclip.heads",
    "neuroclip.testing",
    "neuroclip.prediction",
    "neuroclip.fitting",
    "neuroclip.metrics",
    "neuroclip.corruptions",
    "neuroclip.comparison",
    "neuroclip.comparison.report",
    "neuroclip.errors",
    "neuroclip.shapes",
    "neuroclip_adapters",
    "neuroclip_prompts",
)
"""The rooms whose public names the API reference has."""

OF_THE_PROJECT = {
    "README.md": "project/readme.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "SECURITY.md": "project/security.md",
    "neuroclip/models/event_tiny/README.md": "project/event-tiny.md",
}
"""Documents outside docs that are pages of the site, and where."""


def anchor(heading: str, separator: str) -> str:
    """Return a heading's anchor, as the host of the repository makes it, so that one link leads there from both.

    Lower case, without punctuation; each space is a `separator`, also where several stand together.
    """
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", separator)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put a page for each room where the navigation says `reference`, and name anchors."""
    config.mdx_configs["toc"]["slugify"] = anchor
    for section in config.nav or ():
        for pages in section.values():
            for entry in pages:
                if isinstance(entry, dict) and "reference" in entry.values():
                    entry.update({name: [f"reference/{room}.md" for room in ROOMS] for name in entry})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made; a notebook gives way to its page."""
    from mkdocs.structure.files import File

    for room in ROOMS:
        files.append(File.generated(config, f"reference/{room}.md", content=reference(room)))
    for name, page in OF_THE_PROJECT.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=moved(text, name, page)))
    for file in [file for file in files if file.src_uri.endswith(".ipynb")]:
        files.remove(file)
        page = notebook(json.loads(file.content_string))
        files.append(
            File.generated(config, str(Path(file.src_uri).with_suffix(".md").as_posix()), content=page)
        )
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links that leave docs: to a page that was made, or else into the name of what they lead to.

    In tables, a bar in code is written as it must be where the repository is shown, and shown as a bar here.
    """
    folder = posixpath.dirname(page.file.src_uri)

    def turned(found: re.Match[str]) -> str:
        text, link = found[1], found[2]
        path, hash_, anchor = link.partition("#")
        place = posixpath.normpath(posixpath.join(folder, path))
        if place.endswith(".ipynb"):
            return f"[{text}]({path.removesuffix('.ipynb')}.md{hash_}{anchor})"
        if not place.startswith("../"):
            return found[0]
        name = place.removeprefix("../")
        if name in OF_THE_PROJECT:
            there = posixpath.relpath(OF_THE_PROJECT[name], folder or ".")
            return f"[{text}]({there}{hash_}{anchor})"
        return text if text.startswith("`") else f"{text} (`{name}`)"

    def barred(row: re.Match[str]) -> str:
        return re.sub(r"`[^`]*`", lambda code: code[0].replace("\\|", "|"), row[0])

    markdown = re.sub(r"^\|.*$", barred, markdown, flags=re.MULTILINE)
    return re.sub(r"(?<!!)\[([^\[\]]+)\]\(([^()\s:]+)\)", turned, markdown)


def reference(room: str) -> str:
    """Return the page of a room, which mkdocstrings fills."""
    return f"# `{room}`\n\n::: {room}\n"


def moved(text: str, name: str, page: str) -> str:
    """Return a document of the project with its links as they have to be written in a page below docs."""

    def link(found: re.Match[str]) -> str:
        place = posixpath.join("..", posixpath.dirname(name), found[1])
        return f"]({posixpath.relpath(place, posixpath.join('../docs', posixpath.dirname(page)))})"

    return re.sub(r"\]\(([^()\s:#][^()\s:]*)\)", link, text)


def notebook(content: dict[str, Any]) -> str:
    """Return a notebook as Markdown, with the outputs that are kept in it."""
    shown: list[str] = []
    for cell in content["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            shown.append(source)
        elif cell["cell_type"] == "code":
            shown.append(f"```python\n{source}\n```")
            shown += [text for output in cell["outputs"] if (text := _output(output))]
    return "\n\n".join(shown) + "\n"


def _output(output: dict[str, Any]) -> str:
    """Return an output: as HTML where it has that, else as a picture, else as text."""
    if output["output_type"] == "stream":
        return f"```text\n{''.join(output['text']).rstrip()}\n```" if output["name"] == "stdout" else ""
    data = output.get("data", {})
    if "text/html" in data:
        # One block without empty lines, or Markdown would end it there.
        lines = "".join(data["text/html"]).splitlines()
        return '<div class="output">' + "\n".join(line for line in lines if line.strip()) + "</div>"
    if "image/png" in data:
        return f"![](data:image/png;base64,{''.join(data['image/png']).replace(chr(10), '')})"
    text = "".join(data.get("text/plain", ""))
    return f"```text\n{text}\n```" if text else ""
