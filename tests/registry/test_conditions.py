"""Conditions by name: each is options of its own, and a wrong word is one clear line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.registry import conditions
from bench.spec import AmpDtype, Job, Measure, Options
from bench.spec.errors import UsageError
from tests import declared

CPU, GPU, MPS = (
    Options(),
    Options(device="cuda:0", device_name="NVIDIA H200"),
    Options(device="mps"),
)


def _names(text: str, base: Options = CPU) -> list[str]:
    return [one.condition for one in conditions.parse(text, base)]


def test_words_become_options() -> None:
    first, second, third = conditions.parse(
        "float32, bfloat16+channels_last,compile+float16", Options(batch_size=8, limit=3)
    )
    assert first == Options(batch_size=8, limit=3)
    assert second == Options(
        batch_size=8, limit=3, amp=True, amp_dtype=AmpDtype.BFLOAT16, channels_last=True
    )
    assert third == Options(batch_size=8, limit=3, amp=True, compile=True)


def test_what_is_not_said_is_eager_contiguous_and_of_the_base_precision() -> None:
    base = Options(amp=True, amp_dtype=AmpDtype.BFLOAT16, channels_last=True, compile=True)
    assert _names("eager,channels_last", base) == ["bfloat16", "bfloat16+channels_last"]


def test_each_once_in_the_order_given() -> None:
    assert _names("bfloat16,float32,BFLOAT16+eager+contiguous") == ["bfloat16", "float32"]


def test_all_and_the_defaults_depend_on_the_device() -> None:
    assert len(_names("all", GPU)) == 12
    assert len(_names("all")) == 8
    assert not any(name.split("+")[0] == "float16" for name in _names("all"))
    assert not any("compile" in name for name in _names("all", MPS))
    assert _names("default") == ["float32", "float32+channels_last"]
    assert _names("default", GPU) == [
        f"{precision}+channels_last{mode}"
        for mode in ("", "+compile")
        for precision in ("float32", "float16", "bfloat16")
    ]
    for base in (CPU, GPU, MPS):
        assert set(conditions.defaults(base)) <= set(conditions.parse("all", base))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fp16", "unknown word 'fp16'"),
        ("", "unknown word ''"),
        ("float32,,bfloat16", "unknown word ''"),
        ("float16+bfloat16", "has both float16 and bfloat16"),
        ("float32+float32", "has both"),
        ("all+compile", "unknown word 'all'"),
    ],
)
def test_a_wrong_word_is_a_mistake(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as error:
        conditions.parse(text, CPU)
    assert "\n" not in str(error.value)


@given(st.sampled_from([CPU, GPU, MPS]))
def test_every_condition_is_a_row_of_its_own(base: Options) -> None:
    found = conditions.parse("all", base)
    jobs = {Job(measure=Measure.SPEED, model=declared.model(), options=one).id for one in found}
    assert len(jobs) == len(found)
    assert conditions.parse(",".join(one.condition for one in found), base) == found
