"""A method of the catalogue as the diffusion layer wants it."""

from creativity_assets.catalog.entries import Guidance as GuidanceSetting
from creativity_assets.catalog.entries import MethodEntry
from creativity_assets.diffusion.guidance import Guidance, Interval
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.errors import CatalogError, ModelError


def inversion_settings(entry: MethodEntry) -> InversionSettings:
    """Raises CatalogError, naming the entry, for what no method knows or what would change nothing."""
    try:
        return InversionSettings(
            inversion=entry.inversion,
            steps=entry.steps,
            options={name: _whole(value) for name, value in entry.options.items()},
            guidance=_guidance(entry.guidance),
            resample_guidance=None if entry.resample_guidance is None else _guidance(entry.resample_guidance),
            prompt=entry.prompt,
        )
    except ModelError as problem:
        raise CatalogError(f"{entry.name}: {problem}") from None


def _guidance(setting: GuidanceSetting) -> Guidance:
    if isinstance(setting, float | int):
        return Guidance.constant(float(setting))
    return Guidance(tuple(Interval(interval.above, interval.weight) for interval in setting))


def _whole(value: float) -> float:
    """A count is written 5 and read 5.0."""
    return int(value) if value == int(value) else value
