"""The statement of the workstation against what can be counted in the printed one, and against pydicom's registry."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from pydicom.uid import UID, UID_dictionary

from dicom_conformance.statement import registry, transfer_capability
from dicom_conformance.statement.statement import Statement, load
from dicom_conformance.statement.transfer_capability import Row
from dicom_wire.statuses import status_class

UNCOMPRESSED = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
JPEG = "1.2.840.10008.1.2.4."
SEVEN = (*UNCOMPRESSED, *(JPEG + end for end in ("50", "51", "57", "70")))
NINE = (*SEVEN, JPEG + "90", JPEG + "91")
GSPS = "1.2.840.10008.5.1.4.1.1.11.1"

#: The numbers of the table of contents.
NUMBERS = """
1 1.1 1.2 1.3 2 2.1 2.1.1 2.1.2 2.1.2.1 2.1.2.2 2.1.2.3 2.1.2.4 2.2 2.2.1 2.2.2 2.2.2.1 2.2.2.1.1 2.2.2.1.2 2.2.2.1.3
2.2.2.2 2.2.2.3 2.2.2.4 3 3.1 3.2 3.2.1 3.2.1.1 3.2.1.1.1 3.2.1.1.2 3.2.1.1.3 3.2.1.1.4 3.2.1.2 3.2.1.2.1 3.2.1.2.1.1
3.2.1.2.1.2 3.2.1.2.1.2.1 3.2.1.3 3.2.2 3.2.2.1 3.2.2.1.1 3.2.2.1.1.1 3.2.2.1.1.2 3.2.2.1.1.3 3.2.2.1.1.4 3.2.2.1.2
3.2.2.1.3 3.2.2.1.3.1 3.2.2.1.3.1.1 3.2.2.1.3.1.2 3.2.2.1.3.1.2.1 3.2.2.1.3.1.3 3.2.2.1.3.1.4 3.2.2.1.3.2
3.2.2.1.3.2.1 3.2.2.1.3.2.2 3.2.2.1.3.2.3 3.2.2.1.3.2.4 3.2.2.1.3.2.5 3.2.2.2 3.2.2.2.1 3.2.2.2.1.1 3.2.2.2.1.2
3.2.2.2.1.3 3.2.2.2.1.4 3.2.2.2.2 3.2.2.2.2.1 3.2.2.2.2.2 3.2.2.2.2.3 3.2.2.2.2.4 3.2.2.2.3 3.2.3 3.2.3.1 3.2.3.1.1
3.2.3.1.2 3.2.3.1.3 3.2.3.1.4 3.2.3.2 3.2.3.2.1 3.2.3.2.1.1 3.2.3.2.1.2 3.2.4 3.2.4.1 3.2.4.1.1 3.2.4.1.2 3.2.4.1.3
3.2.4.1.4 3.2.4.2 3.2.4.2.1 3.2.4.2.1.1 3.2.4.2.1.2 3.2.4.2.1.2.1 3.2.4.2.1.2.2 3.2.4.2.1.2.3 3.2.4.2.1.2.4 3.2.4.3
3.2.5 4 4.1 4.2 4.2.1 4.2.2 5 6 6.1 6.2 7
"""
SECTIONS = NUMBERS.split()

#: What the body prints and the table of contents does not, or twice.
PRINTED_OTHERWISE = {"3.2.2.2.2.3": "3.2.2.2.3", "3.2.2.2.2.4": "3.2.2.2.4", "3.2.2.2.3": "3.2.2.2.3, the second time"}


@pytest.fixture(scope="module")
def statement() -> Statement:
    return load("directview-5.2")


def claimed(statement: Statement, *tables: str) -> list[Row]:
    """Give the presentation contexts of some tables."""
    return list(transfer_capability.claimed(statement, tables, every_configuration=False))


@pytest.mark.parametrize(
    ("table", "rows", "classes"),
    [("1", 7, 1), ("patient_root", 7, 1), ("2", 7, 1), ("3", 288, 32), ("4", 14, 2), ("5", 9, 3), ("3.2.3", 279, 31),
     ("3.2.5", 3, 1)],
)  # fmt: skip
def test_rows_of_the_tables(statement: Statement, table: str, rows: int, classes: int) -> None:
    contexts = claimed(statement, table)
    assert len(contexts) == rows
    assert len({context.sop_class for context in contexts}) == classes
    assert len({(context.sop_class, context.transfer_syntaxes) for context in contexts}) == rows


@pytest.mark.parametrize(
    ("table", "transfer_syntaxes"),
    [("1", SEVEN), ("2", SEVEN), ("3", NINE), ("4", SEVEN), ("5", UNCOMPRESSED), ("3.2.3", NINE)],
)
def test_each_abstract_syntax_has_the_printed_transfer_syntaxes_in_their_order(
    statement: Statement, table: str, transfer_syntaxes: tuple[str, ...]
) -> None:
    rows = itertools.groupby(claimed(statement, table), key=lambda context: context.sop_class)
    assert {tuple(context.accepted for context in group) for _, group in rows} == {transfer_syntaxes}


def test_lists_of_sop_classes_agree_with_the_tables(statement: Statement) -> None:
    loader = [row.sop_class for row in statement.application_entities["loader_server"].sop_classes]
    tables = {context.sop_class for context in claimed(statement, "2", "3")}
    assert len(loader) == 33
    assert set(loader) == tables
    store = {row.sop_class for row in statement.application_entities["store_client"].sop_classes}
    assert store == {context.sop_class for context in claimed(statement, "3.2.3")}
    assert {context.sop_class for context in claimed(statement, "3")} - store == {GSPS}


def test_each_row_of_table_3_has_the_configuration_that_lists_it(statement: Statement) -> None:
    contexts = claimed(statement, "3")
    counted = Counter(context.configuration for context in contexts)
    assert counted == {"none": 96, "lossless": 64, "lossy": 64, "jpeg2000": 64}
    expected = {"57": "lossless", "70": "lossless", "50": "lossy", "51": "lossy", "90": "jpeg2000", "91": "jpeg2000"}
    assert {(context.accepted, context.configuration) for context in contexts} == {
        *((JPEG + end, configuration) for end, configuration in expected.items()),
        *((uid, "none") for uid in UNCOMPRESSED),
    }


@pytest.mark.parametrize(
    ("configuration", "preferred"), [("none", ()), ("lossless", ("57", "70")), ("lossy", ("50", "51")),
                                     ("jpeg2000", ("91", "90"))],
)  # fmt: skip
def test_selection_policies(statement: Statement, configuration: str, preferred: tuple[str, ...]) -> None:
    implicit, explicit, big = UNCOMPRESSED
    expected = (*(JPEG + end for end in preferred), explicit, big, implicit)
    for table in ("2", "3"):
        order = transfer_capability.preferred(statement, statement.tables[table], configuration)
        assert order == expected
        assert transfer_capability.chosen(order, NINE[::-1]) == expected[0]
        others = [uid for uid in NINE if uid not in expected]
        assert not transfer_capability.chosen(order, others)


def test_priority_matrix_has_as_many_cells_as_it_must(statement: Statement) -> None:
    subsets = 2 ** len(NINE) - 1
    both_orders = 2 * subsets - len(NINE)
    classes = {context.sop_class for context in claimed(statement, "2", "3")}
    assert len(statement.configurations) * len(classes) * both_orders == 133_716


def test_store_client_proposes_the_base_list_and_one_pair(statement: Statement) -> None:
    policy = statement.policies["store_proposals"]
    assert policy.configurations["none"] == UNCOMPRESSED
    for configuration, ends in {"lossless": "57 70", "lossy": "50 51", "jpeg2000": "90 91"}.items():
        assert policy.configurations[configuration] == (*UNCOMPRESSED, *(JPEG + end for end in ends.split()))


def test_uids_are_registered(statement: Statement) -> None:
    rows = [row for table in statement.tables.values() for row in table.contexts]
    uids = {row.sop_class for row in rows}
    uids |= {row.sop_class for entity in statement.application_entities.values() for row in entity.sop_classes}
    uids |= {uid for table in statement.tables.values() for uid in table.transfer_syntaxes}
    uids |= {uid for policy in statement.policies.values() for order in policy.configurations.values() for uid in order}
    uids |= {part.sop_class for printed in statement.printing for part in (printed, *printed.consists_of)}
    assert not [uid for uid in sorted(uids) if uid not in UID_dictionary]
    assert not [uid for uid in sorted(uids) if uid not in registry.NAMES]
    assert all(UID(uid).is_transfer_syntax for table in statement.tables.values() for uid in table.transfer_syntaxes)


@pytest.mark.parametrize(
    ("uid", "name"),
    [
        ("1.2.840.10008.1.1", "Verification"),
        ("1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 & 4)"),
        ("1.2.840.10008.1.2.4.52", "JPEG Extended (Process 3 & 5) (Retired)"),
        ("1.2.840.10008.1.2.4.110", "JPEG XL Lossless"),
        ("1.2.840.10008.3.1.1.1", "DICOM Application Context Name"),
        ("1.2.840.10008.5.1.1.9", "Basic Grayscale Print Management Meta"),
        ("1.2.840.10008.5.1.4.1.1.6", "Ultrasound Image Storage (Retired)"),
        ("1.2.840.10008.5.1.4.1.2.2.1", "Study Root Query/Retrieve Information Model - FIND"),
        ("1.2.840.10008.5.1.4.31", "Modality Worklist Information Model - FIND"),
    ],
)
def test_registry_names_uids_as_the_standard_prints_them(uid: str, name: str) -> None:
    assert registry.name_of(uid) == name


def test_registry_is_the_whole_table() -> None:
    of_interest = {uid for uid, entry in UID_dictionary.items() if entry[1] in ("SOP Class", "Transfer Syntax")}
    assert of_interest <= set(registry.NAMES)
    assert registry.is_retired("1.2.840.10008.5.1.4.1.1.6")
    assert not registry.is_retired("1.2.840.10008.5.1.4.1.1.6.1")
    assert registry.name_of("2.25.1") == registry.keyword_of("2.25.1") == "2.25.1"


def test_short_names_are_of_transfer_syntaxes_and_unique() -> None:
    assert set(registry.SHORT_NAMES) == set(NINE)
    assert len(set(registry.SHORT_NAMES.values())) == len(NINE)
    assert registry.short_name_of("1.2.840.10008.1.1") == "Verification"
    assert registry.short_name_of("2.25.1") == "2.25.1"


def test_labels_name_one_class_each(statement: Statement) -> None:
    labels = {(row.label, row.sop_class) for table in statement.tables.values() for row in table.contexts}
    assert len({label for label, _ in labels}) == len(labels) == len({uid for _, uid in labels})


def test_every_section_is_in_the_register(statement: Statement) -> None:
    assert [section.number for section in statement.sections] == SECTIONS
    assert len(SECTIONS) == 106
    printed = {section.number: section.printed for section in statement.sections}
    assert {number: printed[number] for number in PRINTED_OTHERWISE} == PRINTED_OTHERWISE


def test_claims_stand_in_the_order_of_the_sections(statement: Statement) -> None:
    order = [SECTIONS.index(claim.section) for claim in statement.claims]
    assert order == sorted(order)


def test_the_rows_of_table_3_are_one_claim(statement: Statement) -> None:
    (claim,) = statement.reached(["DCS 3.2.2.1.3.2.2"])
    assert (claim.ae, claim.level, claim.untested) == ("loader_server", "claim", None)


@pytest.mark.parametrize("table", ["1", "2", "3", "4", "5"])
def test_each_table_claims_its_columns_role_and_extended_negotiation(statement: Statement, table: str) -> None:
    found = statement.tables[table]
    rows, role, extended = (claim for claim in statement.claims if claim.section == found.section)
    assert (rows.id, role.id, extended.id) == (found.section, f"{found.section}/2", f"{found.section}/3")
    assert {rows.ae, role.ae, extended.ae} == {found.ae}
    assert role.text.startswith(f"Role {found.role}, in every row of Table {table}.")
    assert extended.text.startswith(f"Ext. Neg. None, in every row of Table {table}.")


def test_numbers_of_a_section_s_claims_have_no_gap(statement: Statement) -> None:
    for section in {claim.section for claim in statement.claims if "/" in claim.id}:
        numbers = [int(claim.id.partition("/")[2] or 1) for claim in statement.claims if claim.section == section]
        assert numbers == list(range(1, len(numbers) + 1))


def test_what_is_untested_of_query_loader_and_store_is_a_property_of_the_claim(statement: Statement) -> None:
    untested = {claim.id: claim.untested for claim in statement.claims if claim.untested}
    core = {claim: reason for claim, reason in untested.items() if claim.startswith(("3.2.1", "3.2.2", "3.2.3"))}
    assert set(core) == {"3.2.2.1.1.2/1", "3.2.3.1.2/1"}
    assert all("kernel" in str(reason) for reason in core.values())
    assert "not implemented yet" not in untested.values()
    assert not {claim for claim in untested if claim.startswith(("3.2.4", "3.2.5", "7"))}


def test_every_scu_status_is_answered_for(statement: Statement) -> None:
    messages = {(group.ae, group.message) for group in statement.status_codes if group.role == "SCU"}
    assert {message for _, message in messages} == {"C-ECHO-RSP", "C-FIND-RSP", "C-MOVE-RSP", "C-STORE-RSP"}
    for ae, message in sorted(messages):
        codes = [status.code for status in statement.statuses(ae, message, codes="all")]
        assert codes == [f"{code:04X}" for code in range(0x10000)]


#: Codes of PS3.7 Annex C that PS3.7 9.1 lists for one service and not for another: each is tested by itself.
ALONE = ("0117", "0118", "0119", "0122", "0124", "0210", "0211", "0212")
LISTED = {
    "C-ECHO-RSP": {"0122", "0210", "0211", "0212"},
    "C-FIND-RSP": {"0122"},
    "C-MOVE-RSP": {"0122", "0124", "0210", "0211", "0212"},
    "C-STORE-RSP": {"0117", "0122", "0124", "0210", "0211", "0212"},
}


@pytest.mark.parametrize("code", ALONE)
def test_statuses_of_the_service_have_a_row_of_their_own(statement: Statement, code: str) -> None:
    for group in statement.status_codes:
        if group.role == "SCU":
            (row,) = [row for row in group.values if row.first == code]
            level = "shall" if code in LISTED[group.message] else "house"
            assert (row.last, row.level, row.result) == (None, level, "failure"), group.message


def test_classes_are_those_of_ps3_7_annex_c(statement: Statement) -> None:
    for group in statement.status_codes:
        for status in statement.statuses(group.ae, group.message):
            assert status.status_class == status_class(int(status.code, 16)).value, status.code


def test_an_scu_tells_the_class_of_the_status(statement: Statement) -> None:
    tells = {"warning": "warning", "failure": "failure", "unknown": "failure", "cancel": "cancelled"}
    for ae, message in (
        ("query_engine", "C-FIND-RSP"),
        ("loader_client", "C-MOVE-RSP"),
        ("store_client", "C-STORE-RSP"),
    ):
        for status in statement.statuses(ae, message):
            if status.status_class in tells:
                assert status.result == tells[status.status_class], (message, status.code)
    pending = {status.code: status.result for status in statement.statuses("query_engine", "C-FIND-RSP") if
               status.status_class == "pending"}  # fmt: skip
    assert pending == {"FF00": "success", "FF01": "success"}
    stored = {each.code: each.result for each in statement.statuses("store_client", "C-STORE-RSP", codes="all")}
    assert stored["FF00"] == "invalid_response"


def test_statuses_that_the_loader_sends(statement: Statement) -> None:
    sent = [(status.code, status.status_class, status.printed) for status in
            statement.statuses("loader_server", "C-STORE-RSP", "SCP")]  # fmt: skip
    assert sent == [("0000", "success", False), ("A700", "failure", True), ("B000", "warning", True),
                    ("C000", "failure", True)]  # fmt: skip


def test_association_policies(statement: Statement) -> None:
    printed = {key: entity for key, entity in statement.application_entities.items() if key != "osm_server"}
    assert {entity.implementation_class_uid for entity in printed.values()} == {"1.2.840.113704.7.0.2"}
    assert {entity.application_context_name for entity in printed.values()} == {"1.2.840.10008.3.1.1.1"}
    lengths = [entity.maximum_length for entity in printed.values()]
    assert [length.bytes for length in lengths if length is not None] == [32768] * len(printed)
    assert statement.application_entities["query_engine"].associations.per_peer == 1
    assert statement.application_entities["loader_client"].associations.initiated == "configured"
    assert not any(entity.asynchronous_operations_window for entity in printed.values())
    assert [key for key, entity in printed.items() if entity.association_acceptor] == ["loader_server"]


def test_character_sets_are_eight_terms_on_nine_lines(statement: Statement) -> None:
    assert len(statement.character_sets) == 8
    assert sum(len(entry.printed) for entry in statement.character_sets) == 9
    assert [entry.term for entry in statement.character_sets if not entry.code_extensions] == ["GB18030", "ISO_IR 192"]


def test_presentation_states_and_printing(statement: Statement) -> None:
    (state,) = statement.presentation_states
    assert set(state.create) == set(state.apply)
    assert len(state.create) == 6
    assert [len(printed.consists_of) for printed in statement.printing] == [4, 4, 0]


@pytest.mark.parametrize(
    "erratum",
    ["patient-root-uid", "print-job-uid", "dx-names", "missing-name", "verification-jpeg-2000", "storage-heading",
     "b000-unsuccessful", "store-client-accepts", "no-time-outs", "table-4-presentation-state", "table-1-jpeg",
     "section-numbers", "store-client-table", "store-client-presentation-state", "no-configuration-accepts-all",
     "who-asks", "retired-classes", "previewer-association", "private-elements", "retrieval-from-the-workstation"],
)  # fmt: skip
def test_known_errata(statement: Statement, erratum: str) -> None:
    (found,) = [entry for entry in statement.errata if entry.id == erratum]
    assert found.printed != found.read_as


def test_the_register_names_the_workstation_s_aes(statement: Statement) -> None:
    for ae, role in {"query_engine": "SCU", "loader_server": "SCP", "loader_client": "SCU", "store_client": "SCU",
                     "print_client": "SCU", "osm_server": "SCP"}.items():  # fmt: skip
        assert statement.has(ae, role)
    assert not statement.has("loader_server", "SCU")
