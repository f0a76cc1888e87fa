"""Cross-attention on one prompt for the whole batch, against diffusers' own on as many copies of it."""

import copy

import pytest
import torch
from diffusers.models.attention_processor import Attention, AttnProcessor2_0

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.families.shared_context import SharedContext, share_contexts
from creativity_assets_tests.tiny_families import SAVERS


@pytest.fixture(scope="module", params=[name for name in SAVERS if name != "sd3"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Backbone:
    return Backbone.load(SAVERS[request.param](tmp_path_factory.mktemp(request.param)))


def test_every_layer_that_reads_the_prompt_shares_it_and_no_other(model: Backbone) -> None:
    layers = [module for module in model.network.modules() if isinstance(module, Attention)]
    assert {type(layer.processor) for layer in layers if layer.is_cross_attention} == {SharedContext}
    assert {type(layer.processor) for layer in layers if not layer.is_cross_attention} == {AttnProcessor2_0}


def test_a_prediction_is_that_of_diffusers_own_layers(model: Backbone) -> None:
    """Oracle: the same network with diffusers' processors, and copies of the prompt in memory."""
    plain = copy.deepcopy(model.network)
    plain.set_attn_processor(AttnProcessor2_0())
    theirs = model.family.with_network(plain)
    plain.set_attn_processor(AttnProcessor2_0())  # with_network shares contexts again
    x, null = model.noise(range(5)), model.embed([""])
    for t in (1, 501):
        with torch.no_grad():
            expected = model.levels.field(theirs.evaluate(x, t, model.embed([""] * 5)), x, t)
            ours = model.prediction(null)(x, t)
        torch.testing.assert_close(ours, expected, rtol=1e-5, atol=2e-6)


def test_the_prompt_goes_through_each_layer_once(model: Backbone) -> None:
    layer = next(m for m in model.network.modules() if isinstance(m, Attention) and m.is_cross_attention)
    rows: list[int] = []
    hook = layer.to_k.register_forward_pre_hook(lambda _module, inputs: rows.append(len(inputs[0])))
    try:
        model.prediction(model.embed([""]))(model.noise(range(4)), 1)
        model.prediction(model.embed(["red", "blue"]))(model.noise(range(2)), 1)
    finally:
        hook.remove()
    assert rows == [1, 2]


def test_gradients_reach_the_latent_and_a_prompt_of_its_own(model: Backbone) -> None:
    """As null-text inversion and the likelihood need them; the reference is each image alone."""
    x = model.noise(range(3)).requires_grad_()
    null = model.embed([""])
    (together,) = torch.autograd.grad(model.prediction(null)(x, 501).square().sum(), x)
    for i in range(3):
        alone = x[i : i + 1].detach().requires_grad_()
        (gradient,) = torch.autograd.grad(model.prediction(null)(alone, 501).square().sum(), alone)
        torch.testing.assert_close(together[i : i + 1], gradient, rtol=1e-4, atol=1e-5)
    tokens = null.expanded(3).tokens.clone().requires_grad_()
    (of_tokens,) = torch.autograd.grad(model.prediction(null.expanded(3).with_tokens(tokens))(x, 1).sum(), tokens)
    assert (of_tokens.flatten(1).abs().sum(1) > 0).all()


def test_a_layer_with_a_processor_of_its_own_keeps_it(model: Backbone) -> None:
    class Own(AttnProcessor2_0):
        pass

    network = copy.deepcopy(model.network)
    network.set_attn_processor(Own())
    share_contexts(network)
    assert {type(p) for p in network.attn_processors.values()} == {Own}
