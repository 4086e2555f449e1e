"""Mutants of the display protocol engine: what it asks, what it chooses, what stands where (DCS 2.2.2.1.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dicom_workstation.application import protocol_choosing
from dicom_workstation.application.protocol_choosing import ProtocolChoosing
from dicom_workstation.protocols import archive_questions, choice, codes, evaluation, layout, matching
from dicom_workstation.protocols import sorting as order
from dicom_workstation.protocols.display_set import DisplaySet
from dicom_workstation.protocols.evaluation import Evaluation
from dicom_workstation.protocols.facts import Facts, Level, Question
from dicom_workstation.protocols.matching import Truth, Verdict
from dicom_workstation.query_keys import Identifier
from dicom_workstation.requests import QueryRequest
from mutation import Catalogue, Patch

DISPLAY_PROTOCOLS = Catalogue()

ASKS = "protocol/queries-series-and-images"
CHEST = "protocol/chest-x-ray"


# -- what it asks


@DISPLAY_PROTOCOLS.mutant(ASKS, "dimse")
def asks_for_studies(patch: Patch) -> None:
    """It asks which studies there are, although it knows."""

    def choose(self: Any, study: str, name: str | None = None, archive: Any = None) -> Any:
        if name is not None:
            keys = QueryRequest(keys={"StudyInstanceUID": "", "PatientID": ""})
            self._query_engine.query(name, archive, Identifier.of_query(keys))
        return plain(self, study, name, archive)

    plain: Callable[..., Any] = patch.set(ProtocolChoosing, "choose", choose)


@DISPLAY_PROTOCOLS.mutant(ASKS, "association")
def opens_an_association_for_each_question(patch: Patch) -> None:
    """Its queries do not share an association."""

    def ask_one(self: Any, question: Question, asking: Any, conversation: Any) -> None:
        with self._query_engine.conversation("archive", self._configuration().archives["archive"]) as another:
            plain(self, question, asking, another)

    plain = patch.set(ProtocolChoosing, "_ask_one", ask_one)


@DISPLAY_PROTOCOLS.mutant(ASKS, "dimse")
def never_asks_for_images(patch: Patch) -> None:
    """The filters of display sets are not asked about."""
    patch.set(archive_questions, "_needs_of_filters", lambda *given: ())


@DISPLAY_PROTOCOLS.mutant("protocol/memory-tells", "dimse")
def asks_for_what_memory_tells(patch: Patch) -> None:
    """It does not notice that all of a study was loaded."""
    patch.set(ProtocolChoosing, "complete", lambda self, study: None)


@DISPLAY_PROTOCOLS.mutant("protocol/series-suffice", "dimse")
def asks_for_the_images_of_every_series(patch: Patch) -> None:
    """Images are asked for although the series tell everything."""

    def questions(protocols: Any, known: Facts, reader: Any) -> tuple[Question, ...]:
        series = (
            Question(Level.IMAGE, known.current.uid, leaf.series.uid)
            for leaf in known.leaves(known.current)
            if leaf.series is not None
        )
        return (*plain(protocols, known, reader), *(each for each in series if known.may_ask(each)))

    plain = patch.set(protocol_choosing, "questions", questions)


@DISPLAY_PROTOCOLS.mutant("protocol/asks-for-the-images-of-one-series", "dimse")
def asks_for_the_images_of_series_that_are_not_shown(patch: Patch) -> None:
    """It asks about the images of a series before it looks at the conditions of the image set."""
    patch.set(archive_questions, "is_selected", lambda *given: True)
    patch.set(evaluation, "is_selected", lambda *given: True)


@DISPLAY_PROTOCOLS.mutant("protocol/asks-priors-one-by-one", "dimse")
def asks_about_every_prior(patch: Patch) -> None:
    """It goes on to ask about priors when it has found enough."""

    def needs(wanted: Any, timed: Any, known: Facts) -> Any:
        for study in evaluation.candidates(timed, known):
            yield from archive_questions._needs_of_study(wanted, study, known)

    patch.set(archive_questions, "_needs_of_set", needs)


# -- which studies


@DISPLAY_PROTOCOLS.mutant("protocol/which-prior[latest prior]", "outcome")
def takes_the_oldest_prior_for_the_latest(patch: Patch) -> None:
    """The priors are in the order in which they were made."""
    priors = Facts.priors.fget
    assert priors is not None
    patch.set(Facts, "priors", property(lambda self: priors(self)[::-1]))


@DISPLAY_PROTOCOLS.mutant("protocol/which-prior[oldest prior]", "outcome")
def takes_minus_one_for_all_priors(patch: Patch) -> None:
    """`-1` is not read as the oldest."""

    def all_priors(timed: Any) -> Any:
        value = (1, -1) if timed.AbstractPriorValue == (-1, -1) else timed.AbstractPriorValue
        return timed.model_copy(update={"AbstractPriorValue": value})

    content = patch.set(evaluation, "content", lambda wanted, timed, *given: content(wanted, all_priors(timed), *given))
    needs = patch.set(
        archive_questions, "_needs_of_set", lambda wanted, timed, known: needs(wanted, all_priors(timed), known)
    )


@DISPLAY_PROTOCOLS.mutant("protocol/which-prior[one month before]", "outcome")
def takes_a_month_for_thirty_days(patch: Patch) -> None:
    """Months are not counted by the calendar."""
    plain = patch.set(
        evaluation,
        "units_before",
        lambda earlier, later, units: (
            (later - earlier).days // 31 if units == "MONTHS" else plain(earlier, later, units)
        ),
    )


@DISPLAY_PROTOCOLS.mutant("protocol/which-prior[all priors]", "outcome")
def takes_a_later_study_for_a_prior(patch: Patch) -> None:
    """Every other study of the patient is a prior."""
    patch.set(
        Facts, "priors", property(lambda self: tuple(sorted(self.others, key=lambda one: one.time, reverse=True)))
    )


# -- which protocol


@DISPLAY_PROTOCOLS.mutant("protocol/tie[B,A]", "outcome")
def takes_the_first_that_fits(patch: Patch) -> None:
    """The order of the configuration decides."""

    def evaluate(*given: Any) -> Evaluation:
        found = plain(*given)
        return replace(found, rank=found.rank._replace(name="", uid="", content=""))

    plain: Callable[..., Evaluation] = patch.set(choice, "evaluate", evaluate)


@DISPLAY_PROTOCOLS.mutant("protocol/whose-protocol[SINGLE_USER,,Of the site]", "outcome")
def takes_the_protocol_of_another_reader(patch: Patch) -> None:
    """It does not look whose protocol it is."""
    patch.set(evaluation, "_is_for", lambda *given: True)


@DISPLAY_PROTOCOLS.mutant("protocol/whose-protocol[MANUFACTURER,,,Of the site]", "outcome")
def does_not_look_at_the_level(patch: Patch) -> None:
    """Protocols of every level are alike."""

    def evaluate(*given: Any) -> Evaluation:
        found = plain(*given)
        return replace(found, rank=found.rank._replace(level=0))

    plain: Callable[..., Evaluation] = patch.set(choice, "evaluate", evaluate)


@DISPLAY_PROTOCOLS.mutant("protocol/closer-definition", "outcome")
def does_not_prefer_the_closer_definition(patch: Patch) -> None:
    """A definition is met or not met, and no more."""
    define = patch.set(
        evaluation, "define", lambda *given: None if (found := define(*given)) is None else (True,) * len(found)
    )


@DISPLAY_PROTOCOLS.mutant("protocol/closer-definition", "outcome")
def does_not_look_at_the_region_of_a_definition(patch: Patch) -> None:
    """The protocol of a knee fits a chest."""
    patch.set(evaluation, "CRITERIA", tuple(each for each in evaluation.CRITERIA if each[0] != "anatomic region"))


@DISPLAY_PROTOCOLS.mutant("protocol/region-in-other-words[1]", "outcome")
def does_not_know_retired_codes(patch: Patch) -> None:
    """A code is the same only if it is written in the same way."""
    patch.set(codes, "_is_same", lambda value, scheme, other, other_scheme: (value, scheme) == (other, other_scheme))


@DISPLAY_PROTOCOLS.mutant("protocol/region-in-other-words[1]", "outcome")
def does_not_know_body_parts(patch: Patch) -> None:
    """Body Part Examined says nothing of a region."""
    patch.set(matching, "region", lambda term: None)


@DISPLAY_PROTOCOLS.mutant("protocol/key-is-not-returned[NO_MATCH]", "outcome")
def takes_no_match_for_match(patch: Patch) -> None:
    """An attribute that an image does not have meets every condition."""
    _with_flag(patch, "MATCH")


@DISPLAY_PROTOCOLS.mutant("protocol/key-is-returned-empty[MATCH]", "outcome")
def takes_match_for_no_match(patch: Patch) -> None:
    """An attribute that an image does not have meets no condition."""
    _with_flag(patch, "NO_MATCH")


def _with_flag(patch: Patch, flag: str) -> None:
    settled = patch.set(
        evaluation,
        "settled",
        lambda verdict, known, outlook, given="": settled(verdict, known, outlook, flag if given else ""),
    )


@DISPLAY_PROTOCOLS.mutant("protocol/key-is-returned-empty[MATCH]", "outcome")
def takes_an_empty_key_for_another_value(patch: Patch) -> None:
    """A key that is returned empty is a value that does not match."""

    def select(selector: Any, leaf: Any) -> Verdict:
        found = plain(selector, leaf)
        return Verdict(Truth.NO) if leaf.attributes.get(selector.key) == () else found

    plain = patch.set(evaluation, "select", select)


@DISPLAY_PROTOCOLS.mutant("protocol/archive-does-not-answer[A700]", "outcome")
def takes_no_answer_for_no_match(patch: Patch) -> None:
    """A query that fails is taken for one without matches, and nothing is said."""

    def ask_one(self: Any, question: Question, asking: Any, conversation: Any) -> None:
        plain(self, question, asking, conversation)
        asking.unanswered = ""

    plain = patch.set(ProtocolChoosing, "_ask_one", ask_one)


@DISPLAY_PROTOCOLS.mutant("protocol/made-for-the-screens[One screen]", "outcome")
def does_not_look_at_the_screens(patch: Patch) -> None:
    """A protocol for two screens is as good on one."""
    patch.set(evaluation, "_misfits", lambda *given: False)


# -- what stands where


@DISPLAY_PROTOCOLS.mutant(CHEST, "outcome")
def does_not_filter(patch: Patch) -> None:
    """A display set shows every image of its image set."""
    patch.set(layout, "_passes", lambda *given: True)


@DISPLAY_PROTOCOLS.mutant(CHEST, "outcome")
def shows_the_prior_in_place_of_the_current_study(patch: Patch) -> None:
    """The numbers of image sets are exchanged."""
    evaluate: Callable[..., Evaluation] = patch.set(
        choice,
        "evaluate",
        lambda *given: replace(found := evaluate(*given), sets={1: found.sets.get(2, ()), 2: found.sets.get(1, ())}),
    )


@DISPLAY_PROTOCOLS.mutant("protocol/partial-data[ADAPT_LAYOUT]", "outcome")
def keeps_empty_boxes(patch: Patch) -> None:
    """The layout is never adapted."""
    patch.set(layout, "_adapted", lambda protocol, displays: tuple(displays))


@DISPLAY_PROTOCOLS.mutant("protocol/partial-data[MAINTAIN_LAYOUT]", "outcome")
def leaves_empty_boxes_out(patch: Patch) -> None:
    """The layout is always adapted."""
    lay_out = patch.set(
        choice,
        "lay_out",
        lambda found, known: lay_out(
            replace(found, protocol=found.protocol.model_copy(update={"PartialDataDisplayHandling": "ADAPT_LAYOUT"})),
            known,
        ),
    )


@DISPLAY_PROTOCOLS.mutant("protocol/filtered-and-sorted[DECREASING]", "outcome")
def does_not_sort(patch: Patch) -> None:
    """Images stand in the order of their numbers whatever the protocol says."""
    in_order = patch.set(layout, "in_order", lambda images, operations: in_order(images, ())[::-1])


@DISPLAY_PROTOCOLS.mutant("protocol/filtered-and-sorted[INCREASING]", "outcome")
def sorts_the_other_way(patch: Patch) -> None:
    """The axis points to the feet."""
    along_axis = patch.set(order, "along_axis", lambda leaf: -(along_axis(leaf) or 0.0))


@DISPLAY_PROTOCOLS.mutant("protocol/filtered-and-sorted[INCREASING]", "outcome")
def does_not_know_planes(patch: Patch) -> None:
    """Every image is transverse."""
    patch.set(matching, "plane_of", lambda key, values: "TRANSVERSE")


@DISPLAY_PROTOCOLS.mutant("protocol/what-cannot-be-shown", "outcome")
def does_not_say_what_it_cannot_show(patch: Patch) -> None:
    """It takes reformatting for something that it can do."""
    patch.set(DisplaySet, "unsupported", property(lambda self: ""))


# -- for whom


@DISPLAY_PROTOCOLS.mutant("protocol/worklist-opens-a-study", "outcome")
def chooses_nothing_for_worklists(patch: Patch) -> None:
    """The study that a worklist opens gets no protocol."""
    from dicom_workstation.application.reader_operations import ReaderOperations

    patch.set(ReaderOperations, "_of_the_open_study", lambda self, found: found)


@DISPLAY_PROTOCOLS.mutant(CHEST, "outcome")
def forgets_the_priors(patch: Patch) -> None:
    """Nothing that the archive answered of the patient's studies is remembered."""
    gather = patch.set(
        protocol_choosing,
        "gather",
        lambda study, known, can_ask: gather(study, replace(known, studies={}), can_ask=can_ask),
    )
