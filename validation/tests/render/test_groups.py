"""Groups are remembered for one decision, and never given for another."""

from __future__ import annotations

from dataclasses import replace

from mlgate.render.groups import group_sizes, groups, primary
from tests.render.decisions import ALL


def test_groups_of_decisions_that_take_turns_are_never_mixed_up() -> None:
    decisions = [make() for _, make in sorted(ALL.items())]
    alone = {}
    for place, decision in enumerate(decisions):
        fresh = replace(decision)
        alone[place] = (groups(fresh), primary(fresh), group_sizes(fresh))
    for place, decision in [*enumerate(decisions), *reversed(list(enumerate(decisions)))]:
        assert (groups(decision), primary(decision), group_sizes(decision)) == alone[place]


def test_a_decision_with_fewer_findings_has_other_groups() -> None:
    decision = next(made for made in (make() for _, make in sorted(ALL.items())) if groups(made))
    assert groups(replace(decision, findings=())) == () and primary(replace(decision, findings=())) is None
    assert groups(decision) and primary(decision) in groups(decision)
