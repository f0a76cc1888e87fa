"""The perceptual distance: LPIPS (Zhang et al. 2018) on an AlexNet of our own, heads fitted by order.

The original heads are fitted to people's judgements of which of two distortions is the stronger; here the strength
is known, because the distortions are our own.
"""

import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from creativity_assets.training.augmentation import augment
from creativity_assets.training.distortions import DISTORTIONS, graded
from creativity_assets.training.loop import Budget, OnProgress, Optimisation, fit, silent

if TYPE_CHECKING:
    from lpips import LPIPS

UNRELATED = 0.7  # mean distance of two unrelated works, about what the original LPIPS gives


@dataclass(frozen=True)
class PerceptualSettings:
    """Training of trunk and heads; the architecture is the `lpips` package's AlexNet."""

    works_per_painter: int = 160
    graded_works: int = 400  # works whose distortions the heads are fitted to
    trunk_budget: Budget = field(default_factory=lambda: Budget(minutes=4))
    trunk: Optimisation = field(
        default_factory=lambda: Optimisation(learning_rate=5e-4, weight_decay=0.05, warmup=0.05, average_decay=0.998)
    )
    heads_budget: Budget = field(default_factory=lambda: Budget(minutes=1, steps=1500))
    heads: Optimisation = field(
        default_factory=lambda: Optimisation(batch=256, learning_rate=1e-2, weight_decay=0, bfloat16=False)
    )


class Trunk(nn.Module):
    """AlexNet's features with one linear classifier per label; the classifiers are thrown away."""

    def __init__(self, features: nn.Module, classes: tuple[int, ...]) -> None:
        super().__init__()
        self.features = features
        self.classifiers = nn.ModuleList(nn.Linear(384 + 256 + 256, count) for count in classes)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Logits per label of images (B, 3, H, W), scaled as LPIPS scales them."""
        levels = self.features(images)[2:]
        pooled = torch.cat([level.mean(dim=(2, 3)) for level in levels], dim=1)
        return [classifier(pooled) for classifier in self.classifiers]


class Heads(nn.Module):
    """One non-negative weight per channel of the five feature maps."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.raw = nn.Parameter(torch.full((channels,), 0.5413))  # softplus of it is 1

    def weights(self) -> Tensor:
        """(channels,), all above 0."""
        return functional.softplus(self.raw)

    def forward(self, differences: Tensor) -> Tensor:
        """Distances (...) from differences (..., channels)."""
        return differences @ self.weights()


def build(seed: int) -> "LPIPS":
    """A fresh LPIPS with random trunk and heads; nothing is downloaded."""
    from lpips import LPIPS

    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="torchvision")  # lpips uses torchvision's old keywords
        model = LPIPS(net="alex", pretrained=False, pnet_rand=True, pnet_tune=True, verbose=False)
    for module in model.net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return model


def train(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    settings: PerceptualSettings,
    *,
    folder: Path | None = None,
    on_progress: OnProgress = silent,
) -> "LPIPS":
    """Train on images (N, H, W, 3) and class numbers (N, L); checkpoints go into `folder`."""
    model = build(settings.trunk.seed)
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    _train_trunk(
        model,
        pixels,
        torch.from_numpy(labels),
        settings,
        file=folder / "trunk.safetensors" if folder else None,
        on_progress=on_progress,
    )
    _train_heads(
        model, pixels, settings, file=folder / "heads.safetensors" if folder else None, on_progress=on_progress
    )
    return model


def _train_trunk(
    model: "LPIPS",
    pixels: Tensor,
    targets: Tensor,
    settings: PerceptualSettings,
    *,
    file: Path | None,
    on_progress: OnProgress,
) -> None:
    torch.manual_seed(settings.trunk.seed)
    trunk = Trunk(model.net, tuple(int(column.max()) + 1 for column in targets.T))

    def loss(trunk: Trunk, generator: torch.Generator, count: int) -> Tensor:
        chosen = torch.randint(len(pixels), (count,), generator=generator)
        seen = augment(pixels[chosen].float() / 255, generator)
        logits = trunk(model.scaling_layer(seen * 2 - 1))
        return sum(
            (
                functional.cross_entropy(values.float(), targets[chosen, column], label_smoothing=0.05)
                for column, values in enumerate(logits)
            ),
            start=torch.zeros(()),
        )

    fit(
        "perceptual trunk",
        trunk,
        loss,
        settings.trunk_budget,
        settings.trunk,
        file=file,
        on_progress=on_progress,
        settings=fixed(settings),
    )


def _train_heads(
    model: "LPIPS", pixels: Tensor, settings: PerceptualSettings, *, file: Path | None, on_progress: OnProgress
) -> None:
    spread = pixels[:: max(1, len(pixels) // settings.graded_works)].float() / 255
    ladders = torch.cat(
        [
            torch.stack(
                [differences(model, spread, version) for version in graded(spread, kind, settings.heads.seed)], dim=1
            )
            for kind in DISTORTIONS
        ]
    )  # (kinds * works, strengths, channels)
    heads = Heads(ladders.shape[-1])

    def loss(heads: Heads, generator: torch.Generator, count: int) -> Tensor:
        chosen = torch.randint(len(ladders), (count,), generator=generator)
        steps = heads(ladders[chosen]).clamp(min=1e-8).log().diff(dim=1)
        return functional.softplus(4 - 40 * steps).mean() / 4 + 0.01 * (heads.weights() - 1).square().mean()

    fit(
        "perceptual heads",
        heads,
        loss,
        settings.heads_budget,
        settings.heads,
        file=file,
        on_progress=on_progress,
        settings=fixed(settings),
    )
    with torch.no_grad():
        unrelated = heads(differences(model, spread, spread.roll(len(spread) // 2 + 1, dims=0))).mean()
        weights = heads.weights() * UNRELATED / unrelated
        for head, part in zip(model.lins, torch.split(weights, model.chns), strict=True):
            head.model[1].weight.copy_(part.view(1, -1, 1, 1))
    model.eval()


@torch.no_grad()
def differences(model: "LPIPS", first: Tensor, second: Tensor, batch: int = 128) -> Tensor:
    """Squared differences of the unit features, averaged over the image: (B, channels of all five maps).

    Images are (B, 3, H, W) in 0..1; LPIPS is a weighted sum of these numbers.
    """
    from lpips import normalize_tensor

    rows = []
    for one, other in zip(torch.split(first, batch), torch.split(second, batch), strict=True):
        pairs = zip(
            model.net(model.scaling_layer(one * 2 - 1)), model.net(model.scaling_layer(other * 2 - 1)), strict=True
        )
        rows.append(
            torch.cat([(normalize_tensor(a) - normalize_tensor(b)).square().mean(dim=(2, 3)) for a, b in pairs], dim=1)
        )
    return torch.cat(rows)


def fixed(settings: PerceptualSettings) -> str:
    """The settings that a continued training must share; more time may always be given."""
    facts = asdict(settings)
    facts.pop("trunk_budget")
    facts.pop("heads_budget")
    return repr(facts)
