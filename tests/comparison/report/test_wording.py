"""Numbers and words are written as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroclip.comparison.report.wording import (
    clipped,
    columns,
    counted,
    listed,
    p_value,
    percent,
    printable,
    short,
    signed_points,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0, "0"),
        (11.6e9, "11.6 G"),
        (999.6, "1.00 k"),
        (99.94, "99.9"),
        (99.96, "100"),
        (9.996, "10.0"),
        (0.1043, "0.104"),
        (0.9996, "1.00"),
        (0.0011, "0.0011"),
        (50, "50"),
        (-2500, "-2.50 k"),
    ],
)
def test_numbers_have_three_digits_and_a_letter_for_thousands(value: float | None, text: str) -> None:
    assert short(value) == text


def test_shares_are_percent_and_differences_have_a_sign_but_not_that_of_nothing() -> None:
    assert (percent(0.9716), percent(-0.0004, signed=True), signed_points(-1.25)) == (
        "97.2",
        "0.0",
        "\u22121.2",
    )
    assert (p_value(0.0009), p_value(0.0012), p_value(1.0)) == ("< 0.001", "0.001", "1.000")


def test_words_are_counted_and_listed() -> None:
    assert [counted(1, "class"), counted(2, "class"), counted(0, "shot")] == [
        "1 class",
        "2 classes",
        "0 shots",
    ]
    assert [listed([]), listed([1]), listed("abc"), listed("abcd", 2)] == [
        "",
        "1",
        "a, b and c",
        "a, b and 2 others",
    ]


@given(st.text(max_size=40), st.integers(2, 20))
def test_what_is_clipped_fits_and_what_fits_is_left_alone(text: str, most: int) -> None:
    short_one = clipped(text, most)
    assert columns(short_one) <= most
    if columns(printable(text)) <= most:
        assert short_one == printable(text)


def test_what_no_document_may_hold_becomes_a_mark() -> None:
    assert printable("a\x00b\ud800c\n d") == "a\ufffdb\ufffdc d"
