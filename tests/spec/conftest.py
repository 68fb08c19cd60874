"""Networks from texts, and what tests look at in them."""

import pytest

from symcli.spec.findings import Findings
from symcli.spec.network import load_network


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Return the network of a text; further files by keyword, ``__`` standing for the folder's slash."""
    monkeypatch.chdir(tmp_path)

    def load(text, sets=(), defines=None, **files):
        for name, content in {"net": text, **files}.items():
            path = tmp_path / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
        return load_network("net.yaml", list(sets), defines or {}, Findings())

    return load
