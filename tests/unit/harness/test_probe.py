"""The probe: what follows from answers, and what it finds of our loader and of our simulators."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from dicom_conformance.__main__ import main
from dicom_conformance.compare import compare_statements
from dicom_conformance.errors import HarnessError
from dicom_conformance.files import read
from dicom_conformance.play import open_subject
from dicom_conformance.probe import Asker, Limits, Target, Wishes, data_text, page, probe, read_target, statement_text
from dicom_conformance.probe.contexts import _order, accepted_contexts, preferences
from dicom_conformance.probe.findings import Findings, Offer, Study, Value
from dicom_conformance.probe.negotiation import associations_at_once
from dicom_conformance.statement import load, services
from dicom_simulators import SIMULATORS
from dicom_simulators.association import Deadlines, Policy, Rejected, Supported
from dicom_simulators.data_sets import build_study
from dicom_simulators.destination import Destination
from dicom_wire.capture.sighting import Recorder

FAST = Limits(at_most=3, requests_per_s=1e6, deadline_s=10.0)
CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
EIGHT = (IMPLICIT, EXPLICIT, BIG, *(f"1.2.840.10008.1.2.4.{last}" for last in (50, 51, 57, 70, 90)))


@pytest.fixture
def acceptor():
    """Start an acceptor of some contexts; give what asks it."""
    started = []

    def start(*supported: Supported, order: str = "acceptor", most: int | None = None, **more: object) -> Asker:
        class Product(Destination):
            def supported(self) -> tuple[Supported, ...]:
                return supported

            def policy(self) -> Policy:
                return Policy(supported, order=order)

        if most is not None:
            more["maximum_associations"] = most
        made = Product("product", "PRODUCT", Recorder(), **more)
        made.start()
        started.append(made)
        return Asker(Target("PRODUCT", *made.address), limits=FAST)

    yield start
    for each in started:
        each.stop()


class Moody:
    """In the place of what opens associations: each one accepts what is next."""

    def __init__(self, accepts: list[set[str]]) -> None:
        self.accepts = accepts

    @contextmanager
    def association(self, contexts, further=()):
        now = self.accepts.pop(0)
        answers = [SimpleNamespace(accepted=uid in now, transfer_syntax=syntaxes[0]) for uid, syntaxes in contexts]
        yield SimpleNamespace(established=SimpleNamespace(contexts=answers))


class TestOrder:
    def test_one_order_of_the_acceptor(self):
        order = "bca"
        taken = {pair: {min(pair, key=order.index)} for pair in itertools.permutations("abc", 2)}
        assert _order("abc", taken) == ("b", "c", "a")

    def test_the_first_that_is_proposed(self):
        assert _order("abc", {pair: {pair[0]} for pair in itertools.permutations("abc", 2)}) == "requestor"

    @pytest.mark.parametrize(
        "changed", [{("a", "b"): {"a", "b"}}, {("a", "b"): {"b"}}, {("a", "b"): {""}, ("b", "a"): {""}}]
    )
    def test_what_varied_is_no_order(self, changed):
        taken = {pair: {min(pair)} for pair in itertools.permutations("abc", 2)}
        assert _order("abc", taken) == ("a", "b", "c")
        assert _order("abc", {**taken, **changed}) is None

    def test_a_circle_is_no_order(self):
        winners = {("a", "b"): "a", ("b", "c"): "b", ("a", "c"): "c"}
        taken = {pair: {winners[one]} for one in winners for pair in (one, one[::-1])}
        assert _order("abc", taken) is None


class TestNegotiation:
    def test_what_is_accepted_and_preferred(self, acceptor):
        asker = acceptor(Supported(CT, (BIG, EXPLICIT, IMPLICIT)), Supported(MR, (IMPLICIT,)))
        found = accepted_contexts(asker, (MR, CT, VERIFICATION), EIGHT)
        assert found.contexts == {MR: (IMPLICIT,), CT: (IMPLICIT, EXPLICIT, BIG)}
        assert found.varied == {}
        assert preferences(asker, found.contexts) == {CT: (BIG, EXPLICIT, IMPLICIT)}

    def test_the_order_of_many(self, acceptor):
        asker = acceptor(Supported(CT, EIGHT[::-1]), Supported(MR, EIGHT))
        assert preferences(asker, {CT: EIGHT, MR: EIGHT}) == {CT: EIGHT[::-1], MR: EIGHT}

    @pytest.mark.parametrize("syntaxes", [EIGHT[:3], EIGHT])
    def test_the_order_of_the_requestor(self, acceptor, syntaxes):
        asker = acceptor(Supported(CT, syntaxes), order="requestor")
        assert preferences(asker, {CT: syntaxes}) == {CT: "requestor"}

    def test_what_is_accepted_some_of_the_times_varied(self):
        """The third and the fourth answer are those to each pair alone."""
        asker = Moody(accepts=[{CT, MR}, {CT, MR}, {CT, MR}, {CT}])
        found = accepted_contexts(asker, (CT, MR), (IMPLICIT,))
        assert (found.contexts, found.varied) == ({CT: (IMPLICIT,)}, {MR: (IMPLICIT,)})

    def test_more_classes_than_one_negotiation_carries(self, acceptor):
        classes = services.STORAGE[:150]
        asker = acceptor(*(Supported(uid, (IMPLICIT,)) for uid in classes))
        assert accepted_contexts(asker, classes, (IMPLICIT, EXPLICIT)).contexts == dict.fromkeys(classes, (IMPLICIT,))

    def test_the_number_of_associations(self, acceptor):
        findings = probe(acceptor(Supported(VERIFICATION, (IMPLICIT,)), most=2), Wishes(sop_classes=(VERIFICATION,)))
        assert findings.entity["associations"].value == {"accepted": 2}
        assert findings.entity["associations"].how.startswith(
            "associations were opened at once; the next was rejected ("
        )
        findings = probe(acceptor(Supported(VERIFICATION, (IMPLICIT,))), Wishes(sop_classes=(VERIFICATION,)))
        assert "associations" not in findings.entity
        assert any(text.startswith("associations.accepted: at least 3 at once") for text in findings.left_out)

    def test_an_association_that_was_released_just_now_does_not_count(self, acceptor, monkeypatch):
        """A product may count an association until it has done everything that follows the release."""
        asker = acceptor(Supported(VERIFICATION, (IMPLICIT,)), most=2)
        real, opened = Asker.open, []

        def open_or_busy(self, *arguments, **more):
            opened.append(arguments)
            return Rejected(2, 3, 2) if len(opened) % 2 == 0 else real(self, *arguments, **more)

        monkeypatch.setattr(Asker, "open", open_or_busy)
        findings = Findings()
        associations_at_once(findings, asker, (VERIFICATION, (IMPLICIT,)))
        assert findings.entity["associations"].value == {"accepted": 2}

    def test_how_long_an_idle_association_lasts(self, acceptor):
        asker = acceptor(Supported(VERIFICATION, (IMPLICIT,)), deadlines=Deadlines(idle_s=1.0))
        findings = probe(asker, Wishes(20.0, sop_classes=(VERIFICATION,)))
        assert findings.entity["time_outs"].value == {"idle_s": 1}
        findings = probe(acceptor(Supported(VERIFICATION, (IMPLICIT,))), Wishes(0.1, sop_classes=(VERIFICATION,)))
        assert "time_outs" not in findings.entity
        assert any("was still there after 0.1 s" in text for text in findings.left_out)

    def test_who_cannot_be_reached_is_said(self):
        asker = Asker(Target("NOBODY", "127.0.0.1", 1), limits=FAST)
        with pytest.raises(HarnessError, match=r"no association with NOBODY@127\.0\.0\.1:1: no TCP connection"):
            probe(asker)

    def test_a_rejection_names_the_titles(self, acceptor):
        asker = acceptor(Supported(VERIFICATION, (IMPLICIT,)), most=0)
        with pytest.raises(HarnessError, match="called PRODUCT, calling CONFORMANCE"):
            probe(asker)


@pytest.mark.parametrize("configuration", ["none", "lossless", "lossy", "jpeg2000"])
def test_the_loader_is_as_its_statement_says(configuration, tmp_path):
    """All that can be seen from outside is as claimed; Table 2 lacks what its own erratum says is accepted."""
    subject = open_subject("embedded")
    try:
        address = subject.prepare(configuration, {}, {})
        target = Target(address.ae_title, *address.endpoint)
        findings = probe(Asker(target, limits=FAST))
    finally:
        subject.close()
    (tmp_path / "measured.yaml").write_text(statement_text(findings, target, "2026-01-31"))
    claimed = load("directview-5.2")
    measured = load(tmp_path / "measured.yaml")
    comparison = compare_statements(claimed, measured, [("loader_server", "product")], configuration)
    differing = [row.about for row in comparison.of(("absent", "different", "seen besides"))]
    assert "verification-jpeg-2000" in {erratum.id for erratum in claimed.errata}
    assert differing == (["verification as an SCP: Verification"] if configuration == "jpeg2000" else [])
    unseen = {row.about.removeprefix("storage as an SCP: ") for row in comparison.of(("not measured",))}
    statuses = {f"statuses.{cause}" for cause in ("unparsable", "mismatch", "no memory")}
    assert unseen == {"associations.initiated", "associations.accepted", "character sets", *statuses}
    assert comparison.counts["as claimed"] >= 69
    other = "lossy" if configuration == "none" else "none"
    assert compare_statements(claimed, measured, [("loader_server", "product")], other).counts["different"] >= 33


def test_a_value_that_varied_is_left_out():
    findings = Findings()
    assert findings.settle("maximum_length", [16384, 32768, 16384], "announced") is None
    assert findings.left_out == ["maximum_length: it varied: 16384, 32768"]
    assert findings.settle("maximum_length", [16384, 16384], "announced") == Value(16384, "announced", 2)
    assert findings.settle("maximum_length", [], "announced") is None


class TestQueries:
    @pytest.fixture
    def findings(self):
        study = build_study(StudyDescription="a study")
        archive = SIMULATORS["archive"]("archive", "ARCHIVE", Recorder(), instances=tuple(study))
        archive.start()
        held = len(archive.holdings)
        yield probe(Asker(Target("ARCHIVE", *archive.address), limits=FAST))
        assert len(archive.holdings) == held
        archive.stop()

    def test_levels_keys_and_studies(self, findings):
        (query,) = [offer for offer in findings.offers if offer.service == "query"]
        assert query.values["models"].value == ["patient_root", "study_root"]
        assert query.values["levels"].value == ["STUDY", "SERIES", "IMAGE"]
        assert "StudyDescription" in query.values["keys"].value["STUDY"]
        assert query.values["keys"].times == 2
        assert [one.study_instance_uid for one in findings.studies]
        assert "study_instance_uid" in data_text(findings)


def test_a_printer_offers_print_alone(tmp_path):
    printer = SIMULATORS["printer"]("printer", "PRINTER", Recorder(), output=tmp_path)
    printer.start()
    try:
        findings = probe(Asker(Target("PRINTER", *printer.address), limits=FAST))
    finally:
        printer.stop()
    offered = {offer.service for offer in findings.offers}
    assert offered <= {"print", "verification"}
    assert "print" in offered


class TestText:
    def findings(self) -> Findings:
        found = Findings(left_out=["maximum_length: it varied: 1, 2\n3"], notes=["a note"])
        found.entity["identity"] = Value({"implementation_version_name": "ACME: 4"}, "seen", 2)
        selection = Value([EXPLICIT, IMPLICIT], "pairs", 2)
        storage = {"sop_classes": Value(list(services.STORAGE), "alone", 2), "transfer_syntaxes": selection}
        models = {"models": Value(["study_root"], "a", 2), "transfer_syntaxes": Value([IMPLICIT], "alone", 2)}
        found.offers = [
            Offer("storage", {**storage, "selection": selection}),
            Offer("query", {**models, "keys": Value({"STUDY": ["PatientSex"]}, "b", 2)}),
        ]
        found.studies = [Study("1.2.3", 'P"1', "20260101", "")]
        return found

    def test_a_statement_that_loads(self, tmp_path):
        text = statement_text(self.findings(), Target("ACME PACS", "127.0.0.1", 104), "2026-01-31")
        (tmp_path / "s.yaml").write_text(text)
        statement = load(tmp_path / "s.yaml")
        assert (statement.id, statement.origin) == ("acme-pacs-measured", "measured")
        (storage,) = statement.capabilities(service="storage")
        assert set(storage.sop_classes) == set(services.STORAGE)
        assert storage.values["selection"] == [EXPLICIT, IMPLICIT]
        assert "measured" not in storage.values
        assert "#   maximum_length: it varied: 1, 2 3" in text
        assert max(map(len, text.splitlines())) <= 200
        assert 'keys: {how: "b", times: 2}' in text

    def test_studies_that_can_be_read(self, tmp_path):
        (tmp_path / "data.yaml").write_text(data_text(self.findings()))
        assert read(tmp_path / "data.yaml").data["studies"] == [
            {"study_instance_uid": "1.2.3", "patient_id": 'P"1', "study_date": "20260101"}
        ]
        assert "studies: []" in data_text(Findings())

    def test_a_page(self):
        text = page(self.findings(), Target("<b>", "127.0.0.1", 104), "2026-01-31")
        assert "&lt;b&gt;" in text
        assert "<b>" not in text
        assert "CT Image Storage" in text


class TestCommand:
    @pytest.mark.parametrize("text", ["", "A@B", "@host:1", "A@host:0", "A@host:x", "A@:1", "SEVENTEEN-LETTERS@h:1"])
    def test_what_is_no_target(self, text, capsys):
        with pytest.raises(ValueError, match="expected AET@HOST:PORT"):
            read_target(text)
        with pytest.raises(SystemExit) as ended:
            main(["probe", text])
        assert ended.value.code == 2

    def test_targets(self):
        assert read_target("A B@h:104") == Target("A B", "h", 104)
        assert read_target("A@[::1]:104").host == "::1"

    def test_it_writes_what_is_asked_for(self, acceptor, tmp_path, capsys):
        target = acceptor(Supported(VERIFICATION, (IMPLICIT,))).target
        words = ["probe", f"PRODUCT@{target.host}:{target.port}", "--rate", "10000", "--at-most", "2"]
        files = [tmp_path / name for name in ("s.yaml", "p.html", "d.yaml")]
        options = itertools.chain(*zip(("--output", "--html", "--data"), map(str, files), strict=True))
        assert main([*words, *options]) == 0
        assert load(files[0]).capabilities(service="verification")
        assert all(path.stat().st_size for path in files)
        assert "associations" in capsys.readouterr().err

    def test_a_wrong_tls_file(self, tmp_path, capsys):
        (tmp_path / "tls.yaml").write_text("profile: nothing\n")
        assert main(["probe", "A@127.0.0.1:1", "--tls", str(tmp_path / "tls.yaml")]) == 2
        assert "profile" in capsys.readouterr().err
