"""The text side: a tokenizer with one token per word of the atelier's captions, and a small text encoder."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import CLIPTextModel, CLIPTokenizer

START, END = "<|startoftext|>", "<|endoftext|>"
END_OF_WORD = "</w>"


@dataclass(frozen=True)
class TextSettings:
    """Architecture of the text encoder."""

    width: int = 128
    layers: int = 3
    heads: int = 4
    context: int = 48  # tokens of a prompt, both markers included


def tokenizer(words: Iterable[str], context: int) -> Any:
    """CLIP's tokenizer with its own vocabulary: byte alphabet first, then merges until each word is one token.

    Any text can be tokenized (byte by byte where need be); texts made of `words` give one token per word.
    """
    from transformers import CLIPTokenizer

    merges = learn_merges(words)
    alphabet = byte_alphabet()
    symbols = [*alphabet, *(letter + END_OF_WORD for letter in alphabet), *("".join(pair) for pair in merges)]
    vocabulary = {symbol: number for number, symbol in enumerate(dict.fromkeys([*symbols, START, END]))}
    kind: Any = CLIPTokenizer  # its annotation of `merges` is narrower than what it takes
    return kind(vocab=vocabulary, merges=merges, model_max_length=context)


def learn_merges(words: Iterable[str]) -> list[tuple[str, str]]:
    """Byte-pair encoding (Sennrich et al. 2016) carried on until each word is a single symbol.

    Chains of merges made word by word would break one another's words ("r e" of "red" inside "tree"); learning
    them jointly cannot, since a word is split exactly as it was when the merges were learnt.
    """
    pieces = {word: _symbols(word) for word in sorted(set(_pretokens(words)))}
    merges: list[tuple[str, str]] = []
    while True:
        pairs = Counter(pair for symbols in pieces.values() for pair in pairwise(symbols))
        if not pairs:
            return merges
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        pieces = {word: _merged(symbols, best) if best[0] in symbols else symbols for word, symbols in pieces.items()}


@cache
def byte_alphabet() -> tuple[str, ...]:
    """The 256 printable characters that stand for bytes in byte-level BPE, in byte order (GPT-2)."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = iter(range(256, 512))
    return tuple(chr(byte) if byte in printable else chr(next(others)) for byte in range(256))


def encoder(vocabulary: "CLIPTokenizer", settings: TextSettings) -> "CLIPTextModel":
    """A fresh CLIPTextModel for `vocabulary`."""
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(vocabulary),
            hidden_size=settings.width,
            intermediate_size=4 * settings.width,
            projection_dim=settings.width,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            max_position_embeddings=settings.context,
            bos_token_id=vocabulary.bos_token_id,
            eos_token_id=vocabulary.eos_token_id,
            pad_token_id=vocabulary.pad_token_id,
        )
    )


def tokens(vocabulary: "CLIPTokenizer", captions: list[str]) -> "Tensor":
    """(N, context) token numbers, padded and cut as a pipeline does it."""
    encoded = vocabulary(
        captions, padding="max_length", max_length=vocabulary.model_max_length, truncation=True, return_tensors="pt"
    )
    return torch.as_tensor(encoded.input_ids)


def _pretokens(words: Iterable[str]) -> Iterable[str]:
    """What CLIP splits a text into before any merge: runs of letters, single digits, runs of anything else."""
    for word in words:
        yield from re.findall(r"[^\W\d_]+|\d|[^\s\w]+|_+", word.lower())


def _symbols(word: str) -> tuple[str, ...]:
    alphabet = byte_alphabet()
    letters = [alphabet[byte] for byte in word.encode()]
    return (*letters[:-1], letters[-1] + END_OF_WORD)


def _merged(symbols: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    merged: list[str] = []
    for symbol in symbols:
        if merged and (merged[-1], symbol) == pair:
            merged[-1] += symbol
        else:
            merged.append(symbol)
    return tuple(merged)
