"""The manifest of prepared data: from what it was made, and what is there. No times, no paths of a machine."""

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["MANIFEST", "folder_digest", "manifest_text", "read_manifest", "same_inputs"]

MANIFEST = "manifest.json"


def manifest_text(manifest: Mapping[str, Any]) -> bytes:
    """Return a manifest as its file holds it."""
    return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()


def folder_digest(files: Iterable[tuple[str, str]]) -> str:
    """Return the SHA-256 of a folder's files, given by name and SHA-256, as ``sha256sum`` lists them sorted by name."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def read_manifest(folder: str) -> dict[str, Any] | None:
    """Return the manifest of a folder, None if there is none.

    Raises
    ------
    FileExistsError
        If the file is there, but is no manifest.
    """
    path = os.path.join(folder, MANIFEST)
    try:
        with open(path, encoding="utf-8") as file:
            manifest = json.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("folders"), dict) or manifest.get("schema") != 1:
        raise FileExistsError(
            errno.EEXIST, f"is no manifest of prepared data; remove {folder}, or give a new folder", path
        )
    return manifest


def same_inputs(wanted: Mapping[str, Any], found: Mapping[str, Any], folder: str) -> None:
    """Compare what is asked for with what a manifest says was made, and that with what is there.

    Raises
    ------
    FileExistsError
        If they differ; nothing is touched.
    """
    differences = [
        f"{name} was {found.get(name)!r}, now {wanted[name]!r}"
        for name in ("format", "version")
        if found.get(name) != wanted[name]
    ]
    # Options and inputs as JSON writes them: a tuple is a list there.
    was, now = (json.loads(json.dumps(one.get("options", {}))) for one in (found, wanted))
    differences += [
        f"{name} was {was.get(name)!r}, now {now.get(name)!r}"
        for name in sorted({*was, *now})
        if was.get(name) != now.get(name)
    ]
    before, after = found.get("inputs", {}), wanted["inputs"]
    differences += [
        f"{name} is {'gone' if name not in after else 'new' if name not in before else 'another file'}"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
    what = "was prepared in another way"
    if not differences:
        what = "is no longer what was prepared"
        for name, folder_of in found["folders"].items():
            count = _number_of_files(os.path.join(folder, *name.split("/")))
            if count != folder_of["files"]:
                differences.append(f"{name} has {count:,} of {folder_of['files']:,} files")
    if differences:
        shown = [*differences[:5], *(["…"] if len(differences) > 5 else [])]
        help = f"remove {folder} and run this again, or give another folder; nothing was changed"
        raise FileExistsError(errno.EEXIST, f"{what}: {'; '.join(shown)}\n  help: {help}", folder)


def _number_of_files(folder: str) -> int:
    try:
        return sum(not entry.is_dir() and entry.name != MANIFEST for entry in os.scandir(folder or "."))
    except OSError:
        return 0
