"""The diffusion model and its inversion: schedule, guidance, methods, backbones. Knows nothing of metrics."""
