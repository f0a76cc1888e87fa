"""The catalogue as lines for people: one per entry, by section."""

from creativity_assets.catalog.catalog import Catalog
from creativity_assets.catalog.datasets import GeneratedDataset
from creativity_assets.catalog.entries import ComparisonSide, Guidance, MethodEntry, ModelEntry
from creativity_assets.catalog.location import Located


def listing(catalog: Catalog) -> dict[str, list[tuple[str, str]]]:
    """Section -> (name, what it is in a line)."""
    return {
        "data sets": [
            (d.name, f"{_optional(d.optional)}{d.kind}: {_origin(d)}  {d.description}")
            for d in catalog.datasets.values()
        ],
        "models": [
            (m.name, f"{_optional(m.optional)}{_location(m)}, {m.resolution} px  {m.description}")
            for m in catalog.models.values()
        ],
        "methods": [
            (m.name, f"{m.inversion}, {m.steps} steps{_options(m)}{_prompting(m)}  {m.description}")
            for m in catalog.methods.values()
        ],
        "experiments": [
            (
                e.name,
                f"suite {e.suite}, over {', '.join(e.datasets) or 'nothing yet'}; reads out {', '.join(e.readouts)}",
            )
            for e in catalog.experiments.values()
        ],
        "comparisons": [
            (c.name, f"human {_side(c.human)} against ai {_side(c.ai)}, paired by {c.pairing}")
            for c in catalog.comparisons.values()
        ],
        "eras": [(e.name, f"{e.title}, {e.start} <= year < {e.end}") for e in catalog.eras.values()],
    }


def _optional(optional: bool) -> str:
    return "(optional) " if optional else ""


def _options(method: MethodEntry) -> str:
    return "".join(f", {name} {value:g}" for name, value in method.options.items())


def _prompting(method: MethodEntry) -> str:
    """What the network is prompted with, and how strongly, where it is not the study's empty prompt."""
    if method.prompt == "none":
        return ""
    if method.guidance == 0 and method.resample_guidance is None:
        return ", captioned"
    weights = [_weights(g) for g in (method.guidance, method.resample_guidance) if g is not None]
    return f", captioned, guidance {' and back '.join(weights)}"


def _weights(guidance: Guidance) -> str:
    if isinstance(guidance, tuple):
        return " ".join(f"{stage.weight:g} above {stage.above:g}" for stage in guidance)
    return f"{guidance:g}"


def _origin(dataset: object) -> str:
    if isinstance(dataset, GeneratedDataset):
        return f"by {dataset.model} from {dataset.originals}, guidance {dataset.guidance:g}"
    return str(getattr(dataset, "path", None) or getattr(dataset, "hub_id", None) or getattr(dataset, "works", ""))


def _location(model: ModelEntry) -> str:
    """Its place, then what is taken from elsewhere."""
    changed = [*model.overrides.components.items(), *([("lora", model.overrides.lora)] if model.overrides.lora else [])]
    return _place(model) + "".join(f" + {name} {_place(other)}" for name, other in changed)


def _place(located: Located) -> str:
    return located.path or f"{located.hub_id}@{str(located.revision)[:7]}"


def _side(side: ComparisonSide) -> str:
    conditions = "".join(f", {column} = {value}" for column, value in side.where.items())
    return side.dataset + conditions
