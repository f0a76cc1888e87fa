"""The tree is the documentation: its rules are tested."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import creativity_assets

PACKAGE = Path(creativity_assets.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
GROUND_FLOOR = {"errors", "paths", "vocabulary", "hub", "hashing"}
"""Known to all areas, and knowing none; of other packages only `hub` needs one, the hub's own client."""

INSTRUMENT = {"catalog", "images", "atelier", "sources", "diffusion", "metrics", "statistics"}

ALLOWED: dict[str, set[str]] = {
    "catalog": set(),
    "images": set(),
    "atelier": {"images"},
    "sources": {"images", "atelier"},
    "diffusion": set(),
    "metrics": set(),
    "statistics": set(),
    "engine": {"diffusion", "metrics", "images"},
    "training": {"engine", "diffusion", "metrics", "images", "sources", "atelier"},
    "store": set(),
    "report": {"statistics"},
    "workflow": {"store", "report", "engine", *INSTRUMENT},
    "front": {"workflow", "store", "engine", *INSTRUMENT},
    "commands": {"front", "workflow", "store", "report", "engine", "training", *INSTRUMENT},
}
"""Which other areas each area may import, besides the ground floor; types do not count."""

ABOVE = {"orchestration", "definitions", "cli", "__init__", "__main__", "faults", "interrupts"}
"""What stands above all areas, or starts and ends the program."""

MATERIALIZES = PACKAGE / "front" / "opened.py"
"""The one module below orchestration that calls it: a study from Python is made as by the command line."""

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
    if module == MATERIALIZES:
        assert "creativity_assets.orchestration.command" not in top_level_imports(module)
        names.remove("creativity_assets.orchestration.command")
    if here in ALLOWED:
        ours = {name.split(".")[1] for name in names if name.startswith("creativity_assets.")}
        assert ours - GROUND_FLOOR <= {here, *ALLOWED[here]}
    packages = {name.split(".")[0] for name in names}
    if here in GROUND_FLOOR:
        own = {"huggingface_hub"} if here == "hub" else set()
        assert packages <= {*sys.stdlib_module_names, "creativity_assets", *own}
        assert {name.split(".")[1] for name in names if name.startswith("creativity_assets.")} <= GROUND_FLOOR
    assert here == "hub" or "huggingface_hub" not in packages
    if here not in {"orchestration", "definitions", "cli"}:
        assert "dagster" not in packages
        assert not [name for name in names if name.startswith("creativity_assets.orchestration")]
    if here in {"store", "report", "statistics", "catalog"}:
        assert "torch" not in packages
    assert not HEAVY & {name.split(".")[0] for name in top_level_imports(module)}
    if here == "orchestration":
        assert "from __future__ import annotations" not in module.read_text(encoding="utf-8")


def printed(script: str) -> str:
    """What a Python of its own prints."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_every_area_has_its_row() -> None:
    assert {area(module) for module in MODULES} == {*GROUND_FLOOR, *ALLOWED, *ABOVE}


def test_the_front_door_opens_at_once() -> None:
    """Nothing is imported before it is used: this is what every notebook and every completion of a shell waits for."""
    script = (
        "import sys, time; started = time.perf_counter(); import creativity_assets; "
        "creativity_assets.CreativityError, dir(creativity_assets); took = time.perf_counter() - started; "
        "print(took < 0.3, sorted({'torch', 'numpy', 'pandas', 'pyarrow', 'duckdb', 'dagster'} & set(sys.modules)))"
    )
    assert printed(script) == "True []"


def test_the_front_door_offers_what_it_lists() -> None:
    assert creativity_assets.__all__ == sorted(creativity_assets.__all__)
    assert {"__version__", *creativity_assets._HOMES} == {*creativity_assets.__all__}
    for name in creativity_assets.__all__:
        assert name in dir(creativity_assets)
        value = getattr(creativity_assets, name)
        assert name == "__version__" or value.__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        creativity_assets.nothing  # noqa: B018


def test_the_command_line_imports_a_command_s_modules_when_it_is_called() -> None:
    script = "import sys, creativity_assets.cli; print({'numpy', 'pandas', 'pyarrow', 'torch', 'dagster'} & set(sys.modules))"
    assert printed(script) == "set()"


def test_importing_and_loading_the_definitions_import_nothing_heavy() -> None:
    script = (
        "import sys, warnings; warnings.simplefilter('ignore'); import creativity_assets; "
        "from creativity_assets.definitions import defs; defs.resolve_asset_graph(); "
        "print(sorted({'torch', 'diffusers', 'transformers', 'lpips', 'datasets', 'matplotlib'} & set(sys.modules)))"
    )
    assert printed(script) == "[]"


ACCELERATORS = re.compile(r"(cuda|rocm|hip|xpu|mps|npu|hpu|mtia|privateuseone)(:\d+)?")
ASKING = {"accelerator", "backends", "cuda", "hip", "mps", "mtia", "version", "xpu", "get_device_module", "cpu"}


def accelerators_asked_for(tree: ast.AST) -> Iterator[str]:
    """Each `torch.cuda` and its like, and each string that names a kind of accelerator; docstrings are no code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "torch":
            if node.attr in ASKING:
                yield f"torch.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("torch."):
            if node.module and node.module.split(".")[1] in ASKING:
                yield node.module
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and ACCELERATORS.fullmatch(node.value):
            yield node.value


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_one_module_asks_for_an_accelerator(module: Path) -> None:
    found = set(accelerators_asked_for(ast.parse(module.read_text(encoding="utf-8"))))
    if module == PACKAGE / "engine" / "devices.py":
        assert "torch.accelerator" in found
        assert "cuda" not in found, "not even there by name"
    else:
        assert not found


@pytest.mark.parametrize(
    "code",
    [
        "torch.cuda.empty_cache()",
        "x.to('cuda')",
        "x.to('cuda:1')",
        "if device.type == 'mps': pass",
        "from torch.cuda import is_available",
        "torch.backends.mps.is_available()",
        "torch.accelerator.synchronize()",
    ],
)
def test_the_test_above_would_see_it(code: str) -> None:
    assert list(accelerators_asked_for(ast.parse(code)))


def test_nothing_is_pickled_and_no_remote_code_is_run() -> None:
    for module in MODULES:
        text = module.read_text(encoding="utf-8")
        assert "import pickle" not in text, module
        assert "trust_remote_code=True" not in text, module
        if "torch.load(" in text:
            assert "weights_only=True" in text, module
