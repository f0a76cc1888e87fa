"""Weights of a diffusion model: found, checked, described and loaded; safetensors only."""
