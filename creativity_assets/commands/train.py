"""`creativity train`: the embedded models, made again."""

from typing import Annotated

import typer

from creativity_assets.commands.terminal import console
from creativity_assets.paths import data_root

Minutes = Annotated[float | None, typer.Option(help="Wall time to train for; the default is the card's.")]
Seed = Annotated[int, typer.Option(help="Of the weights and of every training step.")]


def autoencoder(minutes: Minutes = None, seed: Seed = 0) -> None:
    """Train tiny-sd's autoencoder on the atelier. Example: creativity train autoencoder --minutes 40"""
    from creativity_assets.commands.training_bar import train

    train("autoencoder", data_root(), minutes, seed, console)


def suite(minutes: Minutes = None, seed: Seed = 0) -> None:
    """Train the embedded metric suite. Example: creativity train suite --minutes 20"""
    from creativity_assets.commands.training_bar import train

    train("suite", data_root(), minutes, seed, console)


def denoiser(minutes: Minutes = None, seed: Seed = 0) -> None:
    """Train tiny-sd's UNet and text encoder; needs the other two. Example: creativity train denoiser --minutes 80"""
    from creativity_assets.commands.training_bar import train

    train("denoiser", data_root(), minutes, seed, console)


def finetune(
    steps: Annotated[int | None, typer.Option(help="Of each of the two; the default is the card's.", min=1)] = None,
    seed: Seed = 0,
) -> None:
    """Fine-tune tiny-sd on the unseen painters, and as long on its old works. Example: creativity train finetune"""
    from creativity_assets.commands.training_bar import finetune as tune

    tune(data_root(), steps, seed, console)


def cards() -> None:
    """Write the model cards from the measured quality. Example: creativity train cards"""
    from creativity_assets.training.cards import write_cards

    for card in write_cards(data_root()):
        typer.echo(card)
