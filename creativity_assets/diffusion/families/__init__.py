"""What is different about each family of models: how prompts become a conditioning, and how the network is called.

Which class is whose is said by layouts.LAYOUTS, beside what lies in its folders.
"""

from pkgutil import resolve_name

from creativity_assets.diffusion.families.family import Family
from creativity_assets.diffusion.weights.layouts import LAYOUTS
from creativity_assets.errors import ModelError


def family_of(pipeline: str) -> type[Family]:
    """The class of a pipeline of LAYOUTS. Raises ModelError where its layout names what is none."""
    named = LAYOUTS[pipeline].family
    try:
        family = resolve_name(named)
    except (ImportError, AttributeError, ValueError) as error:
        raise ModelError(f"{pipeline}: its layout names {named}, which cannot be imported ({error})") from error
    if not (isinstance(family, type) and issubclass(family, Family)):
        raise ModelError(f"{pipeline}: its layout names {named}, which is no Family")
    return family
