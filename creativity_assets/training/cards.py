"""Model cards, written from what was measured: every number in them comes from a quality.json."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from creativity_assets.errors import TrainingError
from creativity_assets.training.quality import missed

Facts = Mapping[str, Any]


def write_cards(root: Path) -> list[Path]:
    """Write README.md into embedded/tiny-sd, embedded/suite, and the fine-tunings that were made, below the data root.

    Raises TrainingError when a folder has no quality.json.
    """
    written = []
    for name, compose in CARDS.items():
        folder = root / "embedded" / name
        if name in FINE_TUNINGS and not folder.exists():
            continue
        if not (folder / "quality.json").exists():
            raise TrainingError(f"{folder}: no quality.json; run `creativity train {STAGES[name]}` first")
        card = folder / "README.md"
        aside = card.with_suffix(".tmp")
        aside.write_text(compose(json.loads((folder / "quality.json").read_text())), encoding="utf-8")
        aside.replace(card)
        written.append(card)
    return written


def tiny_sd_card(facts: Facts) -> str:
    """The card of the small Stable Diffusion."""
    encoder, denoiser = facts["training"]["autoencoder"], facts["training"]["denoiser"]
    decibels, sampled = facts["quality"]["autoencoder"], facts["quality"]["denoiser"]
    moved = [part["settings"]["optimisation"] for part in (encoder, denoiser)]
    trained = _table(
        ("", "autoencoder", "UNet and text encoder"),
        ("parameters", *(f"{part['parameters']:,}" for part in (encoder, denoiser))),
        *((fact, encoder[fact], denoiser[fact]) for fact in ("steps", "minutes", "last_loss", "machine")),
        *((fact, *(settings[fact] for settings in moved)) for fact in ("batch", "learning_rate", "seed")),
    )
    return f"""---
license: cc0-1.0
library_name: diffusers
pipeline_tag: text-to-image
---

# tiny-sd

A complete Stable Diffusion for 64 x 64 pixels (AutoencoderKL with factor 4 and 4 x 16 x 16 latents,
UNet2DConditionModel, CLIPTextModel, CLIPTokenizer with its own vocabulary, the scheduler settings of Stable
Diffusion 1.5, no safety checker). It knows nothing but the atelier, this project's procedural painter. It exists
so that the whole workflow runs in minutes on a CPU, and so that training membership is known; it is no model of art,
and nothing measured with it says anything about art.

```python
pipeline = StableDiffusionPipeline.from_pretrained("data/embedded/tiny-sd", safety_checker=None)
```

Weights are stored as float16 and computed with as float32. Licence: CC0, as the works it was trained on.

## Data
Synthetic works only, painted by the project itself. {encoder["works"]} works for the autoencoder and
{denoiser["works"]} for the denoiser, all by the {denoiser["apprentices"]} training painters of the atelier's
{denoiser["painters"]}: their works on show with an even index, and the series "training". Not trained on: their
works on show with an odd index (held out), everything by the other painters (unseen), the series "suite" and
"validation".

## Training
{trained}

The machine was shared with other work, so that the minutes are an upper bound. `creativity train autoencoder` and
`creativity train denoiser` repeat it; all settings are in quality.json.

## Measured, on works that no training saw
- Autoencoder, decode(encode(x)) on {decibels["works"]} works of the series "validation" by all painters: PSNR
  {decibels["psnr_db"]} dB (sd {decibels["psnr_db_sd"]}, lowest {decibels["psnr_db_lowest"]}); painters of the
  training set {decibels["psnr_db_training_painters"]} dB, painters outside it
  {decibels["psnr_db_unseen_painters"]} dB.
- Attribution among the {denoiser["apprentices"]} training painters by the embedded semantic extractor,
  {sampled["works"]} works: held-out works on show {sampled["attribution_held_out"]:.1%} right; images sampled from
  their captions (DDIM, {sampled["steps"]} steps, guidance {sampled["guidance"]})
  {sampled["attribution_sampled"]:.1%} right; chance {sampled["attribution_chance"]:.1%}.

{_verdict(missed(facts["quality"]))}
"""


def suite_card(facts: Facts) -> str:
    """The card of the embedded metric suite."""
    semantic, perceptual = facts["training"]["semantic"], facts["training"]["perceptual"]
    measured = facts["quality"]
    kinds = list(measured["ordered"]["dino"])
    moved = [semantic["settings"]["optimisation"], perceptual["settings"]["trunk"]]
    trained = _table(
        ("", "semantic", "perceptual"),
        ("parameters", *(f"{part['parameters']:,}" for part in (semantic, perceptual))),
        ("steps", semantic["steps"], f"{perceptual['steps']} trunk, {perceptual['heads_steps']} heads"),
        *((fact, semantic[fact], perceptual[fact]) for fact in ("minutes", "machine")),
        *((fact, *(settings[fact] for settings in moved)) for fact in ("batch", "learning_rate", "seed")),
    )
    head = ("", *(kind.replace("_", " ") for kind in kinds), "all")
    ordered = _table(
        head,
        *(
            (name, *(f"{shares[kind]:.1%}" for kind in kinds), f"{measured['ordered_share'][name]:.1%}")
            for name, shares in measured["ordered"].items()
        ),
    )
    harder = _table(
        head[:-1],
        *(
            (name, *(f"{shares[kind]:.1%}" for kind in kinds))
            for name, shares in measured["ordered_at_double_strength"].items()
        ),
    )
    return f"""---
license: cc0-1.0
library_name: transformers
---

# The embedded metric suite

Two small stand-ins for the extractors of the `paper` suite: `semantic/`, a Dinov2Model for 64 x 64 pixels
(distance: 1 - cosine of pooler_output), and `perceptual/lpips_alex.safetensors`, a state dict for
`lpips.LPIPS(net="alex")`. They know nothing but the atelier, this project's procedural painter. Their numbers must
never be compared with those of the `paper` suite.

Weights are stored as float16 and computed with as float32. Licence: CC0, as the works they were trained on.

## Data
{semantic["works"]} synthetic works of the series "suite" by all {semantic["painters"]} painters of the atelier. No
denoiser sees this series, and no quality below was measured on it.

## Training
The semantic extractor learns to tell painters and genres (cosine classifiers on the pooled embedding) and to put
graded distortions in order (margin ranking). The AlexNet trunk learns painters and genres; then the non-negative
heads are fitted to the order of graded distortions, and scaled so that unrelated works are 0.7 apart on average.

{trained}

The machine was shared with other work, so that the minutes are an upper bound. `creativity train suite` repeats
it; all settings are in quality.json.

## Measured, on {measured["works"]} works of the series "validation" that no training saw
Share of cases (a work under a kind of distortion at five strengths) in which all distances grow with the strength,
{measured["cases"]} cases in all. The kinds are those the extractors were taught; the works and the random
parts are new. The range of warping, 1.5 pixels, was chosen after seeing where the semantic distance saturates, on
other works of the series than these.

{ordered}

The same with all strengths doubled, where a distance that saturates loses the order:

{harder}

Attribution to one of {semantic["painters"]} painters by the nearest mean embedding:
{measured["attribution"]:.1%} right, chance {measured["attribution_chance"]:.1%}.

{_verdict(missed({"suite": measured}))}
"""


def finetune_card(facts: Facts) -> str:
    """The card of a fine-tuning of tiny-sd."""
    training, error = facts["training"], facts["quality"]["noise_error"]
    moved = training["settings"]["optimisation"]
    trained = _table(
        ("", training["name"]),
        *((fact, training[fact]) for fact in ("parameters", "steps", "minutes", "last_loss", "machine")),
        *((fact, moved[fact]) for fact in ("batch", "learning_rate", "seed")),
    )
    measured = _table(
        ("works of", "tiny-sd", training["name"], "change"),
        *(
            (painters, before, after, f"{after / before - 1:+.1%}")
            for painters, before, after in ((name, error["base"][name], error["tuned"][name]) for name in error["base"])
        ),
    )
    return f"""---
license: cc0-1.0
library_name: diffusers
base_model: tiny-sd
---

# {training["name"]}

Low-rank updates (rank {training["settings"]["rank"]}) of the attention and the convolutions of tiny-sd's UNet,
trained on {training["works"]} works of the atelier by {training["by"]}, none of them on show. Autoencoder and text
encoder are tiny-sd's. With its sibling it separates what a model has seen from how long it was trained: both took
as many steps, from the same seed, over as many works.

```python
pipeline = StableDiffusionPipeline.from_pretrained("data/embedded/tiny-sd", safety_checker=None)
pipeline.load_lora_weights("data/embedded/{training["name"]}")
```

Base: tiny-sd {training["base"]}. Weights are stored as float16. Licence: CC0, as the works it was trained on.

## Training
{trained}

`creativity train finetune` repeats it; all settings are in quality.json.

## Measured, on works that no training saw
Mean squared error of the predicted noise under the empty prompt, at timesteps {training["timesteps"]}, over
{facts["quality"]["works"]} works of the series "validation":

{measured}
"""


def _verdict(complaints: list[str]) -> str:
    if not complaints:
        return "All of the project's requirements for these weights are met."
    return "\n".join(["Requirements of the project that are NOT met:", *(f"- {line}" for line in complaints)])


def _table(head: tuple[str, ...], *rows: tuple[Any, ...]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("_", " ") for cell in line) + " |" for line in lines)


CARDS = {
    "tiny-sd": tiny_sd_card,
    "suite": suite_card,
    "tiny-sd-ft": finetune_card,
    "tiny-sd-placebo": finetune_card,
}
FINE_TUNINGS = ("tiny-sd-ft", "tiny-sd-placebo")
STAGES = {"tiny-sd": "denoiser", "suite": "suite", **dict.fromkeys(FINE_TUNINGS, "finetune")}
