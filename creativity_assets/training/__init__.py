"""Trains the embedded world: autoencoder, denoiser and metric suite, from the atelier's works.

data.py         which works each training sees, and which none sees
loop.py         a training loop bounded by wall time: EMA, annealed rate, progress
checkpoint.py   one file holds a training between two steps
autoencoder.py  pixels <-> latents
text.py         the tokenizer made from the atelier's vocabulary, and the text encoder
denoiser.py     UNet and text encoder, trained together on latents and captions
finetune.py     tiny-sd's two relatives: low-rank updates of its UNet on new works, and on old ones
semantic.py     the small DINOv2-shaped extractor
perceptual.py   AlexNet features and their LPIPS heads
distortions.py  graded distortions: what a distance must put in order
quality.py      what the trained parts can do, measured on works no training saw
export.py       folders that diffusers, transformers and lpips load
cards.py        model cards written from the measurements
stages.py       the three commands: autoencoder, suite, denoiser
"""
