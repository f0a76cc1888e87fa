"""The semantic extractor: a small Dinov2Model that tells painters and genres apart and orders distortions.

DINOv2 itself is trained without labels on 142 million images; with a few thousand works, labels are the way to an
embedding in which 1 - cosine means "another hand, another subject".
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from creativity_assets.training.augmentation import augment
from creativity_assets.training.distortions import DISTORTIONS, STRENGTHS
from creativity_assets.training.loop import Budget, OnProgress, Optimisation, fit, silent

if TYPE_CHECKING:
    from transformers import Dinov2Model

THUMBNAIL = 12  # pixels a side

PREPROCESSING = {  # read by transformers' image processor
    "image_processor_type": "BitImageProcessor",
    "do_convert_rgb": True,
    "do_resize": True,
    "size": {"shortest_edge": 64},
    "resample": 3,
    "do_center_crop": True,
    "crop_size": {"height": 64, "width": 64},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}


@dataclass(frozen=True)
class SemanticSettings:
    """Architecture and training of the semantic extractor."""

    width: int = 160
    layers: int = 5
    heads: int = 4
    patch: int = 8  # pixels
    size: int = 64  # pixels
    works_per_painter: int = 160
    ordered: float = 0.3  # part of a batch that is also distorted, at five strengths
    damaged: float = 0.5  # weight of telling painter and genre of the distorted works
    order: float = 100.0  # weight of the ordering
    layout: float = 20.0  # weight of the thumbnails
    margin: float = 0.03  # wanted difference of the distances at two neighbouring strengths
    budget: Budget = field(default_factory=lambda: Budget(minutes=45, steps=3000))
    optimisation: Optimisation = field(
        default_factory=lambda: Optimisation(batch=40, learning_rate=1e-3, weight_decay=0.05, warmup=0.05)
    )


class Embedder(nn.Module):
    """Extractor with what its embedding is taught by: a cosine classifier per label, and a painter of thumbnails.

    Only the extractor is kept. Classifiers alone make an embedding that does not mind where things stand, and so
    cannot tell a little warping from much; an embedding that also holds a thumbnail can. Distorted works keep their
    painter and genre, as DINOv2's do: else what an autoencoder loses looks like another hand.
    """

    def __init__(self, extractor: "Dinov2Model", width: int, classes: tuple[int, ...]) -> None:
        super().__init__()
        self.extractor = extractor
        self.classifiers = nn.ParameterList(torch.randn(count, width) * width**-0.5 for count in classes)
        self.thumbnailer = nn.Linear(width, 3 * THUMBNAIL**2)

    def forward(self, images: Tensor) -> Tensor:
        """Unit embeddings (B, width) of images (B, 3, H, W) in 0..1."""
        pooled = self.extractor(pixel_values=images * 2 - 1).pooler_output
        return functional.normalize(pooled.float(), dim=-1)

    def misplaced(self, embedding: Tensor, images: Tensor) -> Tensor:
        """Mean squared error of the thumbnails painted from the embeddings of `images`."""
        painted = self.thumbnailer(embedding).unflatten(-1, (3, THUMBNAIL, THUMBNAIL))
        return functional.mse_loss(painted.float(), functional.adaptive_avg_pool2d(images, THUMBNAIL))

    def logits(self, embedding: Tensor) -> list[Tensor]:
        """Per label (B, classes), a cosine times 16: its softmax can reach certainty."""
        return [16 * embedding @ functional.normalize(weight, dim=-1).T for weight in self.classifiers]


def build(settings: SemanticSettings, classes: tuple[int, ...]) -> Embedder:
    """A fresh extractor with classifiers, seeded."""
    from transformers import Dinov2Config, Dinov2Model

    torch.manual_seed(settings.optimisation.seed)
    config = Dinov2Config(
        hidden_size=settings.width,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        mlp_ratio=4,
        image_size=settings.size,
        patch_size=settings.patch,
    )
    return Embedder(Dinov2Model(config), settings.width, classes)


def train(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    settings: SemanticSettings,
    *,
    file: Path | None = None,
    on_progress: OnProgress = silent,
) -> "Dinov2Model":
    """Train on images (N, H, W, 3) and class numbers (N, L), one column per label (painter, genre, ...)."""
    model = build(settings, tuple(int(column.max()) + 1 for column in labels.T))
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    targets = torch.from_numpy(labels)

    def loss(model: Embedder, generator: torch.Generator, count: int) -> Tensor:
        ordered = max(1, int(settings.ordered * count))
        chosen = torch.randint(len(pixels), (count,), generator=generator)
        plain = pixels[chosen].float() / 255
        seen = augment(plain, generator)
        rungs = ladders(plain[:ordered], generator)
        everything = torch.cat([seen, plain[:ordered], rungs.flatten(0, 1)])
        embedding = model(everything)
        whole, original, damaged = embedding.split([count, ordered, len(STRENGTHS) * ordered])
        total = settings.layout * model.misplaced(embedding, everything)
        labels = targets[chosen]
        told = [(whole, labels, 1.0), (damaged, labels[:ordered].repeat(len(STRENGTHS), 1), settings.damaged)]
        for embedded, wanted, weight in told:
            for column, logits in enumerate(model.logits(embedded)):
                wrong = functional.cross_entropy(logits, wanted[:, column], label_smoothing=0.05)
                total = total + weight * wrong
        distances = 1 - (original * damaged.unflatten(0, (len(STRENGTHS), ordered))).sum(-1)  # (strengths, ordered)
        disorder = functional.relu(settings.margin - distances.diff(dim=0)).mean()
        return total + settings.order * disorder

    fit(
        "semantic",
        model,
        loss,
        settings.budget,
        settings.optimisation,
        file=file,
        on_progress=on_progress,
        settings=fixed(settings),
    )
    return model.extractor


def ladders(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each image at rising strengths of one kind of distortion, (5, B, 3, H, W).

    The ladder is stretched differently from image to image. Every other image is warped: that is the hardest to
    order for an extractor that must not mind where things stand.
    """
    seed = int(torch.randint(2**31, (), generator=generator))
    stretch = 0.75 + 0.75 * torch.rand(len(images), generator=generator)
    kinds = [kind for other in DISTORTIONS if other != "warp" for kind in ("warp", other)]
    turns = (torch.arange(len(images)) + int(torch.randint(len(kinds), (), generator=generator))) % len(kinds)
    rungs = []
    for strength in STRENGTHS:
        rung = images.clone()
        for turn, kind in enumerate(kinds):
            own = torch.Generator().manual_seed(seed + turn)
            chosen = turns == turn
            if chosen.any():
                rung[chosen] = DISTORTIONS[kind](images[chosen], strength * stretch[chosen], own)
        rungs.append(rung)
    return torch.stack(rungs)


@torch.no_grad()
def embed(extractor: "Dinov2Model", images: NDArray[np.uint8], batch: int = 128) -> Tensor:
    """Unit embeddings (N, width) of images (N, H, W, 3)."""
    parts = []
    for start in range(0, len(images), batch):
        signal = torch.from_numpy(images[start : start + batch]).permute(0, 3, 1, 2).float() / 127.5 - 1
        parts.append(functional.normalize(extractor(pixel_values=signal).pooler_output, dim=-1))
    return torch.cat(parts)


def fixed(settings: SemanticSettings) -> str:
    """The settings that a continued training must share; more time may always be given."""
    facts = asdict(settings)
    facts.pop("budget")
    return repr(facts)
