"""The tree is the documentation: its rules are tested."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import creativity_assets

PACKAGE = Path(creativity_assets.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
INSTRUMENT_LAYERS = {"catalog", "sources", "diffusion", "metrics", "statistics"}
GROUND_FLOOR = {"errors", "paths", "vocabulary"}
"""Known to all areas, and importing nothing but the standard library."""

ALLOWED = {
    **{layer: {layer} for layer in INSTRUMENT_LAYERS},
    "engine": {"engine", "diffusion", "metrics"},
    "training": {"training", "engine", "diffusion", "metrics", "sources"},
    "store": {"store"},
    "report": {"report", "statistics"},
    "workflow": {"workflow", "store", "report", "engine", *INSTRUMENT_LAYERS},
}
"""Which areas of the package each area may import, besides the ground floor."""

HEAVY = {"diffusers", "transformers", "lpips"}


def area(module: Path) -> str:
    relative = module.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports(node: ast.AST) -> Iterator[str]:
    """Every module named by an import statement below `node`, outside `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield child.module or ""
        yield from imports(child)


def top_level_imports(module: Path) -> Iterator[str]:
    for statement in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            yield statement.module or ""


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_layer_may(module: Path) -> None:
    names = list(imports(ast.parse(module.read_text(encoding="utf-8"))))
    here = area(module)
    if here in ALLOWED:
        ours = {name.split(".")[1] for name in names if name.startswith("creativity_assets.")}
        assert ours - GROUND_FLOOR <= ALLOWED[here]
    packages = {name.split(".")[0] for name in names}
    if here in GROUND_FLOOR:
        assert packages <= {*sys.stdlib_module_names, "creativity_assets"}
        assert {name.split(".")[1] for name in names if name.startswith("creativity_assets.")} <= GROUND_FLOOR
    if here not in {"orchestration", "definitions", "cli"}:
        assert "dagster" not in packages
        assert not [name for name in names if name.startswith("creativity_assets.orchestration")]
    if here in {"store", "report", "statistics", "catalog"}:
        assert "torch" not in packages
    assert not HEAVY & {name.split(".")[0] for name in top_level_imports(module)}
    if here == "orchestration":
        assert "from __future__ import annotations" not in module.read_text(encoding="utf-8")


def test_importing_and_loading_the_definitions_import_nothing_heavy() -> None:
    script = (
        "import sys, warnings; warnings.simplefilter('ignore'); import creativity_assets; "
        "from creativity_assets.definitions import defs; defs.resolve_asset_graph(); "
        "print(sorted({'torch', 'diffusers', 'transformers', 'lpips', 'datasets', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_is_pickled_and_no_remote_code_is_run() -> None:
    for module in MODULES:
        text = module.read_text(encoding="utf-8")
        assert "import pickle" not in text, module
        assert "trust_remote_code=True" not in text, module
        if "torch.load(" in text:
            assert "weights_only=True" in text, module
