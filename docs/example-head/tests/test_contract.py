"""The head keeps the contract, and is found under its name."""

import neuroclip.heads
import neuroclip.testing
import pytest
from neuroclip_lora.head import Lora


@pytest.mark.parametrize("check", neuroclip.testing.head_checks(), ids=str)
def test_contract(check):
    check(Lora(steps=3, epochs=2))


def test_it_is_installed():
    assert neuroclip.heads.find("lora") is Lora
