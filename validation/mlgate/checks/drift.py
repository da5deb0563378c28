"""Drift: does a window look like the training data, column by column?

A change is found when it is both large (its effect size is above a threshold) and real (its p is small after Holm's
adjustment over everything that is asked of the window). So a million rows do not make a trifle a finding, and fifty
rows do not make an accident one: a window from the training data's own distribution shows any finding in at most 1 %
of cases at the default significance.

Asked of features: the shape of the distribution (also beside a value that most rows have), the share of missing values,
and new categories, whose rows do not count for the shape. Asked of the label: the shares of its classes. Asked of the
models' answers: the shape of their scores, and the shares of the classes that they decide on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from mlgate.checks.category_counts import Categories, as_categories
from mlgate.checks.number_cells import Numbers
from mlgate.checks.profile import Profile
from mlgate.checks.shift import Shift, of_known, shift_beside_spike, shift_of_categories, shift_of_numbers, unseen
from mlgate.frozen import dataclass
from mlgate.inference.adjust import holm
from mlgate.inference.distances import fisher_two_sided
from mlgate.records.data_settings import DriftSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Level, Section
from mlgate.sentences import plural

__all__ = ["CLASSES", "MEASURES", "observe_drift"]

Column = Numbers | Categories

#: A label of at most this many distinct numbers is one of classes.
CLASSES = 20
#: What people read for the name of a measure.
MEASURES = {
    "kolmogorov_smirnov": "Kolmogorov-Smirnov",
    "psi": "PSI",
    "jensen_shannon": "Jensen-Shannon",
    "wasserstein": "Wasserstein",
    "largest_change": "largest change of a share",
}
#: How many new categories a reason names.
NAMED = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """One question about one column, before the questions of a window are looked at together."""

    check: str
    column: str
    title: str
    reason: str
    #: effect size; NaN when it cannot be told.
    value: float
    at_most: float | None
    rows: int
    #: None: nothing was tested, the value alone decides.
    p: float | None = None
    #: None: that of the settings.
    level: Level | None = None


def observe_drift(
    reference: Profile, window: Profile, *, name: str, settings: DriftSettings, against: str = "training"
) -> tuple[Observation, ...]:
    """What a window shows beside the training data.

    Parameters
    ----------
    reference
        Profile of the training data, or of the base case.
    window
        Profile of the window or data set.
    name
        The window's name; it stands in every id.
    settings
        Thresholds.
    against
        The name of the reference, for titles.

    Returns
    -------
    tuple
        One observation for each question, in the order of the reference's columns, and a summary at the end. The value
        is the effect size and its bound the threshold; a large effect that may be chance has no bound, so that it
        passes, with that reason.
    """
    answers = [
        answer
        for column in reference.columns
        if column not in settings.ignore
        for answer in _ask(column, reference, window, settings, against)
    ]
    tested = [answer.p for answer in answers if answer.p is not None]
    adjusted = iter(holm(tested))
    seen = [
        _observe(answer, None if answer.p is None else next(adjusted), len(tested), name, settings)
        for answer in answers
    ]
    return (*seen, _summary(answers, seen, window, name, against))


def _ask(name: str, reference: Profile, window: Profile, settings: DriftSettings, against: str) -> Iterator[_Answer]:
    """The questions about one column of the reference."""
    before, now = reference.columns[name], window.columns.get(name)
    if name == settings.label:
        yield _ask_label(name, before, now, window.rows, settings, against)
        return
    check = "prediction_drift" if name in settings.predictions else "drift"
    title = f"{name} as in {against}"
    if now is None or _of_other_kind(before, now):
        kinds = f"{_kind(before)} in {against} and {_kind(now) if now else 'no such column'} here"
        if now is not None:
            kinds += (
                "; one text among numbers makes all of them texts, and dates may be texts or times: store both alike"
            )
        yield _Answer(check=check, column=name, title=title, reason=kinds, value=1.0, at_most=0.0, rows=window.rows)
        return
    yield _ask_shape(check, name, title, before, now, settings)
    if isinstance(before, Numbers) and isinstance(now, Numbers):
        yield from _ask_beside_spike(check, name, title, before, now, settings)
    if check == "drift":
        yield _ask_missing(name, before, now, settings, against)
        if isinstance(before, Categories) and isinstance(now, Categories):
            yield from _ask_new(name, before, now, settings, against)


def _of_other_kind(before: Column, now: Column) -> bool:
    """Whether one is of numbers and the other of categories; a column without any value is of either kind."""
    return bool(before.held and now.held) and type(before) is not type(now)


def _kind(column: Column) -> str:
    return "numbers" if isinstance(column, Numbers) else "categories"


def _ask_shape(check: str, name: str, title: str, before: Column, now: Column, settings: DriftSettings) -> _Answer:
    shown = f"{name} holds nothing in either"
    if not before.held or not now.held:
        value = 0.0 if not before.held and not now.held else math.nan
        shown = shown if value == 0 else f"{name} holds nothing {'here' if before.held else 'in the reference'}"
        return _Answer(check=check, column=name, title=title, reason=shown, value=value, at_most=0.0, rows=now.rows)
    if isinstance(before, Numbers) and isinstance(now, Numbers):
        shift, measure, at_most = shift_of_numbers(before, now), settings.number_measure, settings.number_at_most
    else:
        # Rows of a new category are told by a question of their own, and once is enough.
        known = of_known(as_categories(before), as_categories(now)) if check == "drift" else as_categories(now)
        if not known.held:
            reason = f"no row of {name} has a category that the reference has"
            return _Answer(check=check, column=name, title=title, reason=reason, value=0.0, at_most=0.0, rows=now.rows)
        shift = shift_of_categories(as_categories(before), known)
        measure, at_most = settings.category_measure, settings.category_at_most
    if check == "prediction_drift" and isinstance(before, Numbers):
        measure, at_most = "kolmogorov_smirnov", settings.prediction_at_most
    return _Answer(
        check=check,
        column=name,
        title=title,
        reason=_figures(shift, measure, at_most, private=name in settings.private),
        value=shift.measures[measure],
        at_most=at_most,
        rows=now.rows,
        p=shift.p,
    )


def _ask_beside_spike(
    check: str, name: str, title: str, before: Numbers, now: Numbers, settings: DriftSettings
) -> Iterator[_Answer]:
    """Where most rows have one value, the shape of the others."""
    found = shift_beside_spike(before, now)
    if found is None:
        return
    spike, shift = found
    private = name in settings.private
    where = "beside its most frequent value" if private else f"beside {spike:,.6g}"
    measure, at_most = settings.number_measure, settings.number_at_most
    if check == "prediction_drift":
        measure, at_most = "kolmogorov_smirnov", settings.prediction_at_most
    yield _Answer(
        check=f"{check}_beside_spike",
        column=name,
        title=f"{title}, {where}",
        reason=_figures(shift, measure, at_most, private=private),
        value=shift.measures[measure],
        at_most=at_most,
        rows=now.rows,
        p=shift.p,
    )


def _figures(shift: Shift, measure: str, at_most: float, *, private: bool) -> str:
    others = ", ".join(f"{MEASURES[key]} {value:.3g}" for key, value in shift.measures.items() if key != measure)
    text = f"{MEASURES[measure]} {shift.measures[measure]:.3g}, at most {at_most:g} ({others})"
    told = [shift.moved] if shift.moved and not private else []
    return "; ".join([text, *told, *([shift.limit] if shift.limit else [])])


def _ask_missing(name: str, before: Column, now: Column, settings: DriftSettings, against: str) -> _Answer:
    shares = [part.missing / part.rows if part.rows else math.nan for part in (before, now)]
    lacking = plural(now.missing, "row")
    return _Answer(
        check="missing_change",
        column=name,
        title=f"missing values of {name} as in {against}",
        reason=f"{100 * shares[0]:.3g} % missing in {against} and {100 * shares[1]:.3g} % here ({lacking})",
        value=abs(shares[1] - shares[0]),
        at_most=settings.missing_at_most,
        rows=now.rows,
        p=fisher_two_sided(now.missing, now.rows, before.missing, before.rows),
    )


def _ask_new(
    name: str, before: Categories, now: Categories, settings: DriftSettings, against: str
) -> Iterator[_Answer]:
    found = unseen(before, now)
    if found is None:
        return
    reason = f"no category that {against} lacks"
    if found.rows:
        many = len(found.counts)
        reason = f"{plural(many, 'category', 'categories')} that {against} lacks, in {plural(found.rows, 'row')}"
        reason += f" ({100 * found.share:.3g} %, at most {100 * settings.new_at_most:.3g} %)"
        if name not in settings.private:
            named = [f"{value[:60]!r} {count:,}" for value, count in found.counts[:NAMED]]
            reason += ": " + ", ".join(named) + (" …" if many > NAMED else "")
    yield _Answer(
        check="new_categories",
        column=name,
        title=f"no new categories of {name}",
        reason=reason,
        value=found.share,
        at_most=settings.new_at_most,
        rows=now.rows,
        p=found.p,
    )


def _ask_label(
    name: str, before: Column, now: Column | None, rows: int, settings: DriftSettings, against: str
) -> _Answer:
    """Whether the classes have their shares; rows whose label is not known yet do not count."""
    title = f"label {name} as in {against}"
    if now is None or not now.held or not before.held:
        reason = f"no label is known {'here' if before.held else f'in {against}'}"
        return _Answer(
            check="label_drift",
            column=name,
            title=title,
            reason=reason,
            value=math.nan,
            at_most=settings.label_at_most,
            rows=rows,
            level=Level.ADVISORY,
        )
    if isinstance(before, Numbers) and isinstance(now, Numbers) and len(before.keys) > CLASSES:
        shift, measure, at_most = shift_of_numbers(before, now), settings.number_measure, settings.number_at_most
    else:
        shift = shift_of_categories(as_categories(before), as_categories(now))
        measure, at_most = "largest_change", settings.label_at_most
    return _Answer(
        check="label_drift",
        column=name,
        title=title,
        reason=_figures(shift, measure, at_most, private=name in settings.private),
        value=shift.measures[measure],
        at_most=at_most,
        rows=now.held,
        p=shift.p,
    )


def _observe(answer: _Answer, p: float | None, among: int, window: str, settings: DriftSettings) -> Observation:
    """An answer with its adjusted p; what may be chance loses its bound."""
    at_most, reason = answer.at_most, answer.reason
    if p is not None and at_most is not None and answer.value > at_most:
        if p <= settings.significance:
            reason += f"; that is not chance: adjusted p {p:.2g} among {among}"
        else:
            reason += f"; it may be chance: adjusted p {p:.2g} among {among}"
            at_most = None
    return Observation(
        id=f"data/{window}/{answer.check}/{answer.column}",
        section=Section.DATA,
        title=answer.title,
        level=answer.level or settings.level,
        reason=reason,
        dataset=window,
        value=answer.value,
        at_most=at_most,
        rows=answer.rows,
    )


def _summary(answers: list[_Answer], seen: list[Observation], window: Profile, name: str, against: str) -> Observation:
    """How many columns show anything: told, never judged."""
    found = dict.fromkeys(
        answer.column
        for answer, one in zip(answers, seen, strict=True)
        if one.at_most is not None and one.value > one.at_most
    )
    columns = len(dict.fromkeys(answer.column for answer in answers))
    reason = (
        f"{len(found):,} of {plural(columns, 'column')} {'differs' if len(found) == 1 else 'differ'} from {against}"
    )
    if found:
        reason += ": " + ", ".join(list(found)[:10]) + (" …" if len(found) > 10 else "")
    return Observation(
        id=f"data/{name}/drift_summary/columns",
        section=Section.DATA,
        title=f"columns that differ from {against}",
        level=Level.ADVISORY,
        reason=reason,
        dataset=name,
        value=float(len(found)),
        rows=window.rows,
    )
