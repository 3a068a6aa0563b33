"""R30, path and name tricks: what comes from outside stays in its folder and is shown harmless.

That a fault fired is proved at the sink: the text (its mark) came out there again, or was refused there, and a plain
text in its place gives as many lines.
"""

from __future__ import annotations

import functools
import json
import unicodedata
from collections.abc import Iterator

import pytest

from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.hostile_texts import MARK, TEXTS
from tests.reliability.sinks import SINKS, Ended

BUG = "this is a fault of ehcert"
_STEERING = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@functools.cache
def _plain(sink: str) -> Ended:
    """What becomes of a text that attacks nobody."""
    return SINKS[sink](MARK)


def put(sink: str, text: str) -> Verdict:
    """A text in a sink."""
    ended = SINKS[sink](text)
    problems = [Problem(Harm.LEAKED, f"made outside its folder: {path}") for path in ended.outside]
    problems += [Problem(Harm.LOST, what) for what in ended.wrong]
    problems += [Problem(Harm.LEAKED, what) for what in _harm_of(ended, _plain(sink))]
    return Verdict(ended.reached and _plain(sink).reached, tuple(problems))


def _harm_of(ended: Ended, plain: Ended) -> Iterator[str]:
    """What a terminal would obey, lines that no plain text makes, and JSON that is none or steers as well."""
    for name, output in (("text", ended.shown), ("JSON", ended.json)):
        found = {f"U+{ord(one):04X}" for one in output if one != "\n" and unicodedata.category(one) in _STEERING}
        if found:
            yield f"{', '.join(sorted(found))} in the {name}"
    for line in ended.json.splitlines():
        if not isinstance(json.loads(line), dict):
            yield "a line of the JSON is no object"
    if any(line.startswith("ehcert: error: send your PIN") for line in ended.shown.split("\n")):
        yield "it passes for a message of the program"
    # One kind of error is a fault of ours on purpose: a plain text gives it as often.
    if ended.shown.count(BUG) > plain.shown.count(BUG) or "Traceback" in ended.shown:
        yield f"the program broke: {ended.shown[-300:]}"


def cases() -> list[Case]:
    """Every text in every sink."""
    return [
        Case(f"{sink}: {name}", functools.partial(put, sink, text)) for sink in SINKS for name, text in TEXTS.items()
    ]


ROW = register(Row("R30", "path and name tricks", cases, share=0.2))


@pytest.mark.parametrize("case", ROW.chosen(), ids=str)
def test_a_hostile_text_stays_in_its_folder_and_steers_nothing(case: Case) -> None:
    assert_clean(case)


def test_there_are_forty_texts_and_eight_sinks() -> None:
    assert len(TEXTS) >= 40
    assert len(SINKS) >= 8
