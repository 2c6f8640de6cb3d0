"""References read over the telephone: every single wrong character is detected, and most swaps."""

from hypothesis import given
from hypothesis import strategies as st

from praya.kernel.ids import ALPHABET, opaque, read_reference, reference


def test_every_single_wrong_character_is_refused() -> None:
    for _ in range(40):
        ref = reference("RL")
        for place in (3, 4, 5, 6, 8, 9, 10, 11):
            for other in ALPHABET:
                wrong = ref[:place] + other + ref[place + 1 :]
                assert read_reference(wrong) == (ref if wrong == ref else None)


def test_it_is_read_as_people_write_it() -> None:
    ref = reference("VB")
    bare = ref.replace("-", "")
    for typed in (ref.lower(), bare, f" {ref} ", ref.replace("-", " "), ref.replace("-", "–"), bare.lower()):
        assert read_reference(typed) == ref


@given(st.text(max_size=40))
def test_anything_else_is_refused_without_failing(typed: str) -> None:
    found = read_reference(typed)
    assert found is None or read_reference(found) == found


def test_references_do_not_repeat() -> None:
    assert len({reference("RL") for _ in range(5000)}) == 5000
    assert len({opaque() for _ in range(1000)}) == 1000
