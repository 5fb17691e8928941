"""my-prompts is found under its name, and each of its sentences has a place for a class."""

import neuroclip_prompts


def test_it_is_installed():
    (row,) = [row for row in neuroclip_prompts.installed() if row.name == "my-prompts"]
    assert (row.package, row.status) == ("my-prompts", "ok")


def test_every_sentence_names_the_class():
    prompts = neuroclip_prompts.load("my-prompts")
    assert len(set(prompts.templates)) == len(prompts.templates)
    assert all("sea horse" in text for text in prompts.texts("sea_horse"))


def test_it_says_what_it_is_for_and_where_it_is_from():
    prompts = neuroclip_prompts.load("my-prompts")
    assert prompts.description
    assert prompts.source
