"""Any text gives SQL, or mistakes with places in it: texts of all kinds, written by chance.

`scripts/fuzz.py` looks longer, guided by coverage; what it found and what it keeps is in `corpus`.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import compiled
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from near_queries import Writer

CORPUS = Path(__file__).parent / "corpus"
KEPT = sorted(CORPUS.glob("*"))
WORDS = st.sampled_from(Writer.WORDS)
SEEDS = st.integers(0, 2**63)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    assert compiled.outcome(text)


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=40).map(" ".join))
def test_any_words_are_compiled_or_refused(text: str) -> None:
    assert compiled.outcome(text)


@settings(max_examples=600, deadline=None)
@given(SEEDS)
def test_queries_by_the_grammar_are_compiled_or_refused(seed: int) -> None:
    assert compiled.outcome(Writer(Random(seed).randrange).query())


@settings(max_examples=600, deadline=None)
@given(SEEDS)
def test_nearly_right_queries_are_compiled_or_refused(seed: int) -> None:
    writer = Writer(Random(seed).randrange)
    assert compiled.outcome(writer.mutated(writer.query()))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_what_was_found_before_is_compiled_or_refused(path: Path) -> None:
    assert compiled.outcome(path.read_text(encoding="utf-8", errors="replace"))


def test_many_written_queries_are_right() -> None:
    """A writer of nonsense alone would test nothing but the parser."""
    texts = [Writer(Random(seed).randrange).query() for seed in range(300)]
    right = [text for text in texts if compiled.outcome(text).startswith(("SELECT", "WITH"))]
    assert len(right) >= 60
