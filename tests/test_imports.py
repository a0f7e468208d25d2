"""Which package of minibert may import which, as docs/architecture.md says."""

import ast
import re

import pytest

from tests.conftest import ROOT

ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
# Packages that only some modules know.
ADAPTERS = {"official": {"models/bert.py"}, "tensorflow_models": set()}


def _layout() -> dict[str, set[str]]:
    """Each package to those that it may import, from the table in the document."""
    rows = re.findall(r"^\| `minibert/(\w+)/` \|[^|]*\|([^|]*)\|$", ARCHITECTURE, re.MULTILINE)
    packages = [name for name, _ in rows]
    allowed = {name: set(re.findall(r"`(\w+)`", cell)) for name, cell in rows}
    for name, cell in rows:
        if cell.strip() == "everything below":
            allowed[name] = set(packages[packages.index(name) + 1 :])
    return allowed


def _imports(path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def test_every_package_is_in_the_layout():
    packages = {path.parent.name for path in (ROOT / "minibert").glob("*/__init__.py")}
    assert set(_layout()) == packages


@pytest.mark.parametrize("package", sorted(_layout()))
def test_imports_lead_down(package):
    """Never to a package that the table does not allow, so in one direction only."""
    allowed = _layout()[package] | {package}
    for path in (ROOT / "minibert" / package).rglob("*.py"):
        for name in _imports(path):
            parts = name.split(".")
            is_package = len(parts) > 1 and (ROOT / "minibert" / parts[1]).is_dir()
            if parts[0] == "minibert" and is_package:
                assert parts[1] in allowed, f"{path.name} imports {name}"


def test_modules_that_all_use_import_no_package():
    for path in (ROOT / "minibert").glob("*.py"):
        own = {name for name in _imports(path) if name.startswith("minibert.")}
        # `minibert.Tagger` is looked up when it is asked for; the other is a program.
        ways_in = {
            "__init__.py": "minibert.serving.tagger",
            "__main__.py": "minibert.serving.command",
        }
        if path.name in ways_in:
            own = {name for name in own if not name.startswith(ways_in[path.name])}
        packages = {name for name in own if (ROOT / "minibert" / name.split(".")[1]).is_dir()}
        assert not packages, path.name


def test_imports_of_the_layout_are_not_circular():
    layout = _layout()
    order: list[str] = []
    while len(order) < len(layout):
        ready = [name for name in layout if name not in order and layout[name] <= set(order)]
        assert ready, f"a circle among {set(layout) - set(order)}"
        order += ready


@pytest.mark.parametrize("package", sorted(ADAPTERS))
def test_adapters(package):
    for path in (ROOT / "minibert").rglob("*.py"):
        if any(name.split(".")[0] == package for name in _imports(path)):
            assert str(path.relative_to(ROOT / "minibert")) in ADAPTERS[package]


def test_keras_2_alone():
    """tf-models-official is written for it, and layers of the two do not mix."""
    for folder in ("minibert", "run_scripts", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            uses = [
                node
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute)
                and node.attr == "keras"
                and isinstance(node.value, ast.Name)
                and node.value.id == "tf"
            ]
            assert not uses, path
