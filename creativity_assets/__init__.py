"""Creativity assets: how far an image lies from what a diffusion model has learned."""

__version__ = "0.1.0"
