"""my-head keeps the contract of a head, and is found under its name."""

import neuroclip.heads
import neuroclip.testing
import pytest
from my_head import MyHead


@pytest.mark.parametrize("check", neuroclip.testing.head_checks(), ids=str)
def test_contract(check):
    # Give it options here that are small enough to be fitted in a moment.
    check(MyHead(steps=3))


def test_it_is_installed():
    assert neuroclip.heads.find("my-head") is MyHead
