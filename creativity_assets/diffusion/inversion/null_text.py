"""Null-text inversion: per step, an empty-prompt embedding by which guided sampling follows the inversion's states."""

import torch
from torch import Tensor

from creativity_assets.diffusion.diffusion_schedule import DiffusionSchedule
from creativity_assets.diffusion.guidance import Denoiser, Guidance, Prompted, classifier_free
from creativity_assets.diffusion.inversion.ddim import ddim_invert
from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec, Option

W = 7.5
INNER_STEPS = 10
EARLY_STOP = 1e-5


def null_text_invert(
    model: Prompted,
    schedule: DiffusionSchedule,
    x: Tensor,
    *,
    w: float = W,
    inner_steps: int = INNER_STEPS,
    early_stop: float = EARLY_STOP,
) -> Inverted:
    """Null-text inversion (Mokady et al. 2023, algorithm 1). Auxiliary state: the embeddings, (T, B, tokens, D).

    The pivots are the states of DDIM inversion at w = 1. From the noise down, a new Adam optimises step i's embedding
    so that the guided step lands on pivot i - 1; it starts from the embedding of the step before. An image whose loss
    falls below early_stop (1 + 2 k) at the k-th step down keeps its embedding, and costs nothing more while others of
    the batch are optimised on.
    """
    x = x.clone()  # of an inference tensor: one that autograd may see
    prompted = model.under(model.prompts)
    pivots = ddim_invert(prompted, schedule, x).states
    null = _at_least_float32(model.null.expanded(len(x)).tokens)
    x, embeddings = pivots[-1], []

    def under(tokens: Tensor) -> Denoiser:
        return model.under(model.null.expanded(len(tokens)).with_tokens(tokens))

    for k, i in enumerate(range(schedule.steps, 0, -1)):
        t, given = schedule.timestep(i), x

        def step(noise: Tensor, conditional: Tensor, given: Tensor, i: int = i) -> Tensor:
            return schedule.transfer(given, noise + w * (conditional - noise), i, i - 1)

        conditional = prompted(given, t)
        learnt = null.clone().requires_grad_()
        optimiser = torch.optim.Adam([learnt], lr=0.01 * max(0.0, 1 - k / 100))
        active = torch.ones(len(given), dtype=torch.bool, device=given.device)
        for _ in range(inner_steps):
            rows = active.nonzero().flatten()
            with torch.enable_grad():
                landed = step(under(learnt[rows])(given[rows], t), conditional[rows], given[rows])
                losses = (landed - pivots[i - 1][rows]).square().flatten(1).mean(1)
                gradient = torch.autograd.grad(losses.sum(), learnt)[0]
            kept = learnt.detach().clone()
            learnt.grad = gradient
            optimiser.step()
            with torch.no_grad():
                learnt[~active] = kept[~active]
            active[rows] = losses.detach() >= early_stop * (1 + 2 * k)
            if not active.any():
                break
        null = learnt.detach()
        embeddings.append(null)
        x = step(under(null)(given, t), conditional, given)
    return Inverted(pivots, torch.stack(embeddings))


def _at_least_float32(tokens: Tensor) -> Tensor:
    """A copy that Adam can move by 0.01: bfloat16 has no such step next to numbers of 4 and more."""
    return tokens.to(torch.promote_types(tokens.dtype, torch.float32), copy=True)


def null_text_sample(
    model: Prompted,
    schedule: DiffusionSchedule,
    x: Tensor,
    auxiliary: Tensor | None = None,
    *,
    w: float = W,
    inner_steps: int = INNER_STEPS,
    early_stop: float = EARLY_STOP,
) -> Tensor:
    """Guided DDIM sampling under the optimised embeddings, one a step; without them under the empty prompt's."""
    conditional = model.under(model.prompts)
    for k, i in enumerate(range(schedule.steps, 0, -1)):
        null = model.null if auxiliary is None else model.null.expanded(len(x)).with_tokens(auxiliary[k])
        e = classifier_free(model.under(null), conditional, Guidance.constant(w))
        x = schedule.transfer(x, e(x, schedule.timestep(i)), i, i - 1)
    return x


def _cost(steps: int, w: float = W, inner_steps: int = INNER_STEPS, early_stop: float = EARLY_STOP) -> int:
    """At most. The gradients are not counted; each costs about two evaluations."""
    return steps + (inner_steps + 2) * steps + 2 * steps


NULL_TEXT = MethodSpec(
    null_text_invert,
    null_text_sample,
    _cost,
    options={
        "w": Option(W, 1.1),  # at 1 the embedding is multiplied by nothing
        "inner_steps": Option(INNER_STEPS, 1),
        "early_stop": Option(EARLY_STOP, 0.0),
    },
    subject="prompted",
)
