"""What a statement of format 2 offers, states and promises; and the same questions asked of format 1."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from acme_statement import ACME, acme
from tiny_statement import TINY

from dicom_conformance.files.strict_yaml import DataError, parse
from dicom_conformance.statement import (
    PROMISES,
    UNSTATED,
    CapabilityContext,
    Statement,
    contexts_to_negotiate,
    known_path,
    load,
    unclaimed,
    wrong_path,
)
from dicom_conformance.statement.statement import check
from dicom_conformance.statement.transfer_capability import claimed

IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
LOSSLESS = "1.2.840.10008.1.2.4.70"
VERIFICATION, CT, MR = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
STUDY_FIND = "1.2.840.10008.5.1.4.1.2.2.1"


@pytest.fixture(scope="module")
def statement() -> Statement:
    return acme()


@pytest.fixture(scope="module")
def directview() -> Statement:
    return load("directview-5.2")


def services(statement: Statement, **wanted: Any) -> list[tuple[str, str, str]]:
    return [(each.ae, each.role, each.service) for each in statement.capabilities(**wanted)]


def test_capabilities_by_role_and_service(statement: Statement) -> None:
    assert services(statement, ae="archive", role="SCP") == [
        ("archive", "SCP", name) for name in ("verification", "storage", "query", "move", "commitment")
    ]
    assert services(statement, role="SCU") == [("archive", "SCU", "storage")]
    assert services(statement, service="retrieve") == [("archive", "SCP", "move")]
    assert services(statement, model="patient_root") == [("archive", "SCP", "query")]
    assert services(statement, sop_class="CTImageStorage") == services(statement, sop_class=CT)
    assert services(statement, sop_class=MR, configuration="dense") == []
    assert services(statement, ae="nobody") == []


def test_a_service_that_is_stated_as_absent_is_no_capability(statement: Statement) -> None:
    assert services(statement, service="get") == []
    assert statement.profile().absent == (("archive", "SCP", "get"),)


def test_sop_classes_by_keyword_name_uid_and_group(statement: Statement) -> None:
    storage = statement.capabilities(role="SCP", service="storage")[0]
    assert storage.sop_classes == (CT, MR, "1.2.840.10008.5.1.4.1.1.7", "2.25.99")
    assert {each.transfer_syntaxes for each in storage.contexts} == {(IMPLICIT, EXPLICIT, BIG, LOSSLESS)}


def test_a_service_without_transfer_syntaxes_has_the_default_one(statement: Statement) -> None:
    (query,) = statement.capabilities(service="query")
    assert query.contexts[0] == CapabilityContext(STUDY_FIND, (IMPLICIT,))
    assert query.models == ("study_root", "patient_root")
    assert statement.stated("capability.transfer_syntaxes", "archive", query) is UNSTATED


def test_capabilities_hold_under_their_configurations_alone(statement: Statement) -> None:
    (dense,) = statement.capabilities(role="SCP", service="storage", configuration="dense")
    assert dense.values["selection"] == "requestor"
    assert statement.capabilities(role="SCP", service="storage")[0].values["selection"] == [LOSSLESS, EXPLICIT]


@pytest.mark.parametrize(
    ("path", "service", "value"),
    [
        ("ae.key", None, "archive"),
        ("ae.title", None, "ACME"),
        ("ae.maximum_length", None, 65536),
        ("ae.identity.implementation_version_name", None, "ACME_4"),
        ("ae.associations.accepted", None, 20),
        ("ae.associations.initiated", None, UNSTATED),
        ("ae.character_sets", None, ["ISO_IR 100", "ISO_IR 192"]),
        ("capability.statuses.unparsable", "storage", "C000"),
        ("capability.statuses.mismatch", "storage", UNSTATED),
        ("capability.level", "storage", 2),
        ("capability.keys.STUDY", "query", ["StudyDescription", "ModalitiesInStudy"]),
        ("capability.person_names.wildcards", "query", True),
        ("capability.models", "query", ["study_root", "patient_root"]),
        ("capability.level", "query", UNSTATED),
        ("capability.within_s", "commitment", 30.0),
        ("capability.level", None, UNSTATED),
    ],
)
def test_stated_values(statement: Statement, path: str, service: str | None, value: object) -> None:
    capability = statement.capabilities(role="SCP", service=service)[0] if service else None
    assert statement.stated(path, "archive", capability) == value
    assert known_path(path)


def test_a_proposal_has_each_class_once_with_all_its_transfer_syntaxes(statement: Statement) -> None:
    (query,) = statement.capabilities(service="query")
    assert statement.stated("capability.proposal", "archive", query) == [
        {"sop_class": uid, "transfer_syntaxes": [IMPLICIT]} for uid in (STUDY_FIND, "1.2.840.10008.5.1.4.1.2.1.1")
    ]
    whole = statement.stated("ae.proposal", "archive", query)
    assert [each["sop_class"] for each in whole][:2] == [VERIFICATION, CT]
    assert statement.stated("capability.proposal", "archive") == whole
    assert statement.stated("ae.proposal", "archive", role="SCU") is UNSTATED  # it names no SOP Class
    assert statement.stated("ae.proposal", "nobody") is UNSTATED


def test_a_proposal_fits_into_one_negotiation() -> None:
    everything = acme("[CTImageStorage, MR Image Storage, 1.2.840.10008.5.1.4.1.1.7, 2.25.99]", "all_storage")
    (storage,) = everything.capabilities(role="SCP", service="storage")
    assert len(storage.contexts) > 128
    assert len(everything.stated("capability.proposal", "archive", storage)) == 128


@pytest.mark.parametrize("path", ["ae.maximum_lenght", "capability.statuses.unparsble", "subject.title", "ae", ""])
def test_a_path_that_no_statement_can_have(path: str) -> None:
    assert not known_path(path)
    assert wrong_path(path).startswith(f"no statement can give ${path}")


def test_a_wrong_path_is_told_with_the_nearest_there_is() -> None:
    assert wrong_path("ae.maximum_lenght").endswith("did you mean ae.maximum_length?")
    assert wrong_path("ae.maximum_length") == ""
    assert known_path("capability.annotation_formats.LABEL")


def test_each_stated_value_is_a_claim_where_there_is_no_register(statement: Statement) -> None:
    texts = {claim.id: claim.text for claim in statement.claims}
    assert texts["archive/maximum_length"] == "Maximum length of PDUs in bytes: 65536"
    assert texts["archive/only_contexts"] == (
        "Storage as an SCP with nothing but the contexts that are stated; get as an SCP is not offered"
    )
    assert texts["printer/attributes"] == "Print as an SCP, destinations: MAGAZINE"
    assert "archive/relational" in texts
    assert "printer/jobs" in texts
    assert not {"archive/attributes", "archive/duplicates", "printer/destinations"} & set(texts)
    assert statement.promise_claims("maximum_length", "archive") == ("acme-pacs-4#archive/maximum_length",)
    assert statement.promise_claims("maximum_length", "printer") == ()
    assert [each.id for each in statement.reached(["acme-pacs-4#archive/keys", "other#archive/keys"])] == [
        "archive/keys"
    ]


def test_a_register_takes_the_place_of_derived_claims() -> None:
    register = """
sections: [{number: "4", title: Network}]
claims:
  - {id: 4/1, ae: archive, promise: maximum_length, text: 64 KiB}
  - {id: 4/2, ae: archive, promise: selection, service: storage, configuration: dense, text: As proposed}
  - {id: 4/3, ae: archive, promise: selection, service: query, text: Implicit}
"""
    statement = check(parse(ACME + register, "acme.yaml"))
    assert [claim.id for claim in statement.claims] == ["4/1", "4/2", "4/3"]
    assert statement.promise_claims("maximum_length", "archive") == ("acme-pacs-4#4/1",)
    assert statement.promise_claims("selection", "archive", service="storage") == ()
    assert statement.promise_claims("selection", "archive", service="storage", configuration="dense") == (
        "acme-pacs-4#4/2",
    )
    assert statement.promise_claims("selection", "archive") == ("acme-pacs-4#4/3",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('format: "2"', 'format: "3"', "format: must be '1' or '2', not '3'"),
        ("service: query", "service: qery", "no service is named 'qery'; did you mean query?"),
        ("CTImageStorage, MR", "CTImageStorge, MR", "sop_classes[0]: no SOP Class is named 'CTImageStorge'; did"),
        (
            "[uncompressed,",
            "[uncompresed,",
            "no transfer syntax is named 'uncompresed'; did you mean uncompressed?",
        ),
        ("2.25.99]", f"{IMPLICIT}]", f"{IMPLICIT} is Implicit VR Little Endian, which is not a SOP Class"),
        ("level: 2", "levels: STUDY", "scp[1].levels: unknown key; did you mean level?"),
        ("level: 2", "reports_on: new_association", "scp[1].reports_on: unknown key; it must be one of coerces"),
        ("level: 2", "level: 3", "must be less than or equal to 2, not '3'"),
        ("[StudyDescription,", "[StudyDescripton,", "no attribute has the keyword 'StudyDescripton'"),
        ("configurations: [plain]", "configurations: [plane]", "no configuration 'plane'; it must be one of plain"),
        ("selection: [JPEGLosslessSV1,", "selection: [JPEGLSLossless,", "JPEGLSLossless is not among the transfer"),
        ("models: none", "models: [none, study_root]", "none stands alone, without other values"),
        ("bits: [8, 12]", "bits: [10]", "an image to print has 8 or 12 bits stored, not 10"),
        ("scu: [{service: storage}]", "scu: [{level: 2}]", "scu[0]: has no service"),
    ],
)
def test_a_mistake_is_told_with_line_and_field(old: str, new: str, message: str) -> None:
    with pytest.raises(DataError) as raised:
        acme(old, new)
    line = ACME[: ACME.index(old)].count("\n") + 1
    assert str(raised.value).startswith(f"acme.yaml:{line}: ")
    assert message in str(raised.value)


def test_an_ae_that_offers_nothing_is_a_mistake() -> None:
    text = 'format: "2"\nid: x\ndevice: {manufacturer: A, model: B}\napplication_entities: {a: {title: A}}\n'
    with pytest.raises(DataError, match="the AE offers nothing; list its services in scp or scu"):
        check(parse(text, "x.yaml"))


def test_format_two_has_the_tables_of_format_one(statement: Statement) -> None:
    assert statement.has("archive", "SCP")
    assert not statement.has("printer", "SCU")
    assert statement.tables_of("archive", "SCP") == (
        *("archive.scp.verification", "archive.scp.storage", "archive.scp.storage.2", "archive.scp.query"),
        *("archive.scp.move", "archive.scp.commitment"),
    )
    rows = list(claimed(statement, ("archive.scp.storage",), every_configuration=True))
    assert {row.configuration for row in rows} == {"plain"}
    assert len(rows) == 4 * 4
    assert statement.policies["archive.scp.storage"].configurations["plain"][:2] == (LOSSLESS, EXPLICIT)
    assert statement.application_entities["archive"].association_initiator


def test_a_statement_goes_to_another_process_and_stays_what_it_is(statement: Statement) -> None:
    copy = pickle.loads(pickle.dumps(statement))
    assert copy == statement
    assert copy.capabilities() == statement.capabilities()


# Format 1


def test_tables_are_capabilities_under_the_configuration_in_use(directview: Statement) -> None:
    (storage,) = directview.capabilities(ae="loader_server", service="storage")
    assert (storage.table, len(storage.contexts)) == ("3", 32)
    assert storage.contexts[0].transfer_syntaxes == (IMPLICIT, EXPLICIT, BIG)
    assert storage.values["selection"] == [EXPLICIT, BIG, IMPLICIT]
    assert storage.values["statuses"] == {"no_memory": "A700", "unparsable": "C000", "mismatch": "C000"}
    (lossless,) = directview.capabilities(ae="loader_server", service="storage", configuration="lossless")
    assert lossless.values["selection"][0] == "1.2.840.10008.1.2.4.57"
    assert directview.stated("ae.maximum_length", "loader_server") == 32768
    assert directview.stated("ae.identity.implementation_version_name", "loader_server") is UNSTATED
    assert directview.stated("ae.asynchronous", "loader_server") == "none"


def test_what_each_ae_of_directview_offers(directview: Statement) -> None:
    assert {(each.ae, each.role, each.service) for each in directview.capabilities()} == {
        ("query_engine", "SCU", "query"),
        ("loader_server", "SCP", "verification"),
        ("loader_server", "SCP", "storage"),
        ("loader_client", "SCU", "move"),
        ("print_client", "SCU", "print"),
        ("store_client", "SCU", "storage"),
        ("verification_client", "SCU", "verification"),
    }


def test_promises_of_the_register_of_directview(directview: Statement) -> None:
    assert directview.promise_claims("maximum_length", "loader_server") == ("directview-5.2#3.2.2.1.1.1",)
    assert directview.promise_claims("selection", "loader_server", service="storage") == (
        "directview-5.2#3.2.2.1.3.2.5/1",
    )
    assert directview.promise_claims("selection", "loader_server", service="verification", configuration="lossy") == (
        "directview-5.2#3.2.2.1.3.1.4/3",
    )
    assert directview.promise_claims("duplicates", "loader_server") == ()
    assert {claim.promise for claim in directview.claims} - {None} <= set(PROMISES)


def test_a_statement_of_format_one_without_a_register_has_derived_claims() -> None:
    statement = check(parse(TINY[: TINY.index("\nsections:\n")], "tiny.yaml"))
    assert [claim.id for claim in statement.claims] == [
        *("keeper/maximum_length", "keeper/contexts", "keeper/only_contexts", "keeper/selection"),
    ]


# No statement


def test_a_product_without_a_statement_claims_nothing() -> None:
    statement = unclaimed("pacs")
    assert list(statement.application_entities) == ["product"]
    assert statement.has("product", "SCP")
    assert statement.has("product", "SCU")
    assert (statement.capabilities(), statement.claims, statement.origin) == ((), (), "measured")
    assert statement.stated("ae.maximum_length", "product") is UNSTATED
    assert statement.stated("ae.proposal", "product") is UNSTATED


def test_what_was_accepted_becomes_capabilities() -> None:
    accepted = [
        CapabilityContext(CT, (IMPLICIT, EXPLICIT)),
        CapabilityContext(STUDY_FIND, (IMPLICIT,)),
        CapabilityContext("2.25.99", (IMPLICIT,)),
    ]
    statement = unclaimed("pacs").with_measured(accepted)
    assert services(statement) == [("product", "SCP", "storage"), ("product", "SCP", "query")]
    (query,) = statement.capabilities(model="study_root")
    assert statement.stated("capability.proposal", "product", query) == [
        {"sop_class": STUDY_FIND, "transfer_syntaxes": [IMPLICIT]}
    ]
    assert statement.claims == ()
    assert statement.tables_of("product", "SCP") == ("product.scp.storage", "product.scp.query")
    assert pickle.loads(pickle.dumps(statement)).capabilities() == statement.capabilities()


def test_a_generic_statement_is_completed_and_nothing_that_is_stated_is_changed() -> None:
    accepted = [CapabilityContext(CT, (EXPLICIT,)), CapabilityContext(STUDY_FIND, (EXPLICIT,))]
    generic = load("generic-archive").with_measured(accepted)
    (storage,) = generic.capabilities(role="SCP", service="storage")
    assert storage.contexts == (CapabilityContext(CT, (EXPLICIT,)),)
    assert [each.contexts for each in generic.capabilities(service="move")] == [()]
    assert generic.claims == load("generic-archive").claims
    stated = acme()
    assert stated.with_measured(accepted).capabilities() == stated.capabilities()
    assert load("generic-archive").with_measured(accepted, ae="other").capabilities(service="query")[0].contexts == ()


def test_what_is_negotiated_fits_into_one_association() -> None:
    contexts = contexts_to_negotiate()
    assert len({each.sop_class for each in contexts}) == len(contexts) <= 128
    assert {VERIFICATION, CT, STUDY_FIND} <= {each.sop_class for each in contexts}


def test_the_operations_of_a_product_are_its_services_as_an_scu() -> None:
    operations = {"retrieve": ("study_root",), "associate": (), "echo": ()}
    statement = unclaimed("client").with_operations(operations)
    found = [(each.ae, each.role, each.service, each.models) for each in statement.capabilities()]
    assert found == [("product", "SCU", "verification", ()), ("product", "SCU", "move", ("study_root",))]
    assert statement.claims == ()
    stated = load("generic-modality")
    assert stated.with_operations(operations).capabilities() == stated.capabilities()


def test_a_product_is_measured_as_an_scp_and_has_operations_as_an_scu() -> None:
    accepted = [CapabilityContext("1.2.840.10008.1.1", ("1.2.840.10008.1.2",))]
    statement = unclaimed("pacs").with_measured(accepted).with_operations({"store": ()})
    assert [(each.role, each.service) for each in statement.capabilities()] == [
        ("SCP", "verification"),
        ("SCU", "storage"),
    ]
