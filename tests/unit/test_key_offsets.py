"""The map from keys to offsets says what a dict would say, merged or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasid.adapters import key_offsets
from rasid.adapters.key_offsets import KeyOffsets


@given(
    st.lists(st.tuples(st.sampled_from(["سوريا", "Сирия", "Syria", "", "k1", "k2"]), st.integers(0, 2**60) | st.none()))
)
def test_it_says_what_a_dict_says(steps: list[tuple[str, int | None]]) -> None:
    """After any puts and drops, with a merge at every fourth key, each key has its last offset."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_offsets, "_RECENT", 3)
        offsets, plain = KeyOffsets(), dict[str, int | None]()
        for key, offset in steps:
            plain[key] = offset
            if offset is None:
                offsets.drop(key.encode())
            else:
                offsets.put(key.encode(), offset)
        for key in ("سوريا", "Сирия", "Syria", "", "k1", "k2", "never"):
            assert offsets.get(key.encode()) == plain.get(key)


def test_many_keys_are_kept_apart() -> None:
    """Fifty thousand keys, each written twice, keep their newest offset through the merges."""
    offsets = KeyOffsets()
    for turn in range(2):
        for n in range(50_000):
            offsets.put(b"%d" % n, n + turn * 50_000)
    assert [offsets.get(b"%d" % n) for n in range(0, 50_000, 997)] == [n + 50_000 for n in range(0, 50_000, 997)]
    assert offsets.get(b"50000") is None
