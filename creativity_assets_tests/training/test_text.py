"""The tokenizer: one token per word, and no text it cannot take."""

from pathlib import Path

import pytest
import torch

from creativity_assets.atelier import PAINTERS, paint, vocabulary
from creativity_assets.training import text

CONTEXT = 48


@pytest.fixture(scope="module")
def words():
    """The tokenizer of the atelier's vocabulary."""
    return text.tokenizer(vocabulary(), CONTEXT)


def test_each_word_is_one_token(words) -> None:
    for word in vocabulary():
        assert len(words.tokenize(word)) == len(list(text._pretokens([word]))), word
        assert "".join(words.tokenize(word)).replace("</w>", "").isascii() or not word.isascii()


def test_no_caption_is_cut_and_every_word_comes_back(words) -> None:
    for painter in PAINTERS:
        caption = paint(painter, "validation", 0).caption
        numbers = words(caption).input_ids
        assert len(numbers) <= CONTEXT, caption
        decoded = words.decode(numbers, skip_special_tokens=True)
        assert decoded.replace(" ", "") == caption.lower().replace(" ", "")


@pytest.mark.parametrize("prompt", ["zebra", "Łódź | Ünïcode, Jr.", "日本", "trees and treetops", "a b c 1 2 3"])
def test_any_text_has_tokens(words, prompt: str) -> None:
    numbers = words(prompt).input_ids
    assert words.unk_token_id not in numbers[1:-1]
    assert words.decode(numbers, skip_special_tokens=True).replace(" ", "") == prompt.lower().replace(" ", "")


def test_merges_of_one_word_do_not_break_another() -> None:
    words = text.tokenizer(["red", "tree", "reed", "deer", "trees"], CONTEXT)
    assert [len(words.tokenize(word)) for word in ("red", "tree", "reed", "deer", "trees")] == [1] * 5


def test_prompts_have_one_shape_and_the_empty_one_is_padding(words) -> None:
    numbers = text.tokens(words, ["", vocabulary()[0]])
    assert numbers.shape == (2, CONTEXT)
    assert numbers[0, 0] == words.bos_token_id
    assert (numbers[0, 1:] == words.eos_token_id).all()


def test_it_survives_saving(words, tmp_path: Path) -> None:
    from transformers import CLIPTokenizer

    words.save_pretrained(tmp_path)
    loaded = CLIPTokenizer.from_pretrained(tmp_path)
    captions = [paint(PAINTERS[0], "validation", index).caption for index in range(3)]
    assert torch.equal(text.tokens(loaded, captions), text.tokens(words, captions))
    assert loaded.model_max_length == CONTEXT
