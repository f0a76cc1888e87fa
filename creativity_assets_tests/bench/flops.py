"""Floating-point operations of one image, counted on shapes alone (a multiplication and an addition are two)."""

from dataclasses import dataclass

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.conditioning import Conditioning


@dataclass(frozen=True)
class Flops:
    """network: one evaluation on the empty prompt; encode, decode: the autoencoder's."""

    network: float
    encode: float
    decode: float

    def round_trip(self, evaluations: int, decodes: int = 1) -> float:
        """Of an image that is encoded once; metrics are not counted."""
        return self.encode + evaluations * self.network + decodes * self.decode


@torch.no_grad()
def flops_of(backbone: Backbone) -> Flops:
    """Counted on networks of the same configuration without weights: attention as two products, convolutions in full."""
    family, vae = backbone.family, backbone.autoencoder
    with torch.device("meta"):
        network = type(backbone.network).from_config(backbone.network.config).eval()
        autoencoder = type(vae).from_config(vae.config).eval()
        x = torch.zeros(1, *backbone.latent_shape)
        pixels = torch.zeros(1, 3, backbone.resolution, backbone.resolution)
    twin = family.with_network(network)
    null = backbone.embed([""])
    shapes = Conditioning(
        torch.zeros_like(null.tokens, device="meta", dtype=torch.float32),
        None if null.pooled is None else torch.zeros_like(null.pooled, device="meta", dtype=torch.float32),
    )
    return Flops(
        network=_count(lambda: twin.evaluate(x, backbone.levels.trial_timestep, shapes)),
        encode=_count(lambda: autoencoder.encode(pixels)),
        decode=_count(lambda: autoencoder.decode(x)),
    )


def _count(work: object) -> float:
    assert callable(work)
    # Of the fused kernels some have no formula; the plain form is made of products, which all have.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops())
