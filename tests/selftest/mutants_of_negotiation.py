"""Mutants of what is proposed, accepted and announced when an association is negotiated (DCS 3.2.1 to 3.2.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydicom.uid import UID
from pynetdicom.pdu_primitives import AsynchronousOperationsWindowNegotiation

from dicom_workstation import tables
from dicom_workstation.loader import loader_client, loader_server
from dicom_workstation.network import entity, requestor, service_server, upper_layer
from dicom_workstation.query import query_engine
from dicom_workstation.storage import store_client
from mutation import Catalogue, Patch

NEGOTIATION = Catalogue()

ACCEPTED, ABSTRACT_SYNTAX_NOT_SUPPORTED, TRANSFER_SYNTAXES_NOT_SUPPORTED = 0, 3, 4
FOREIGN_IMPLEMENTATION = "1.2.840.113704.7.0.3"

Choose = Callable[[Mapping[str, tuple[str, ...]], str, list[str]], tuple[int, str]]
"""Accepted syntaxes by abstract syntax, the abstract syntax, the proposed transfer syntaxes -> result, chosen."""


def by_policy(wanted: Mapping[str, tuple[str, ...]], abstract_syntax: str, proposed: list[str]) -> tuple[int, str]:
    """Choose as the statement says."""
    if abstract_syntax not in wanted:
        return ABSTRACT_SYNTAX_NOT_SUPPORTED, proposed[0]
    chosen = next((syntax for syntax in wanted[abstract_syntax] if syntax in proposed), None)
    return (ACCEPTED, chosen) if chosen else (TRANSFER_SYNTAXES_NOT_SUPPORTED, proposed[0])


def choose(patch: Patch, rule: Choose) -> None:
    """Have the loader choose by another rule."""

    def chosen_by_rule(self: Any, contexts: list[Any]) -> None:
        for context in contexts:
            proposed = [str(syntax) for syntax in context.transfer_syntax]
            result, chosen = rule(self.assoc.service.transfer_syntaxes, str(context.abstract_syntax), proposed)
            context.result, context.transfer_syntax = result, [UID(chosen)]

    patch.set(upper_layer.ACSE, "_choose_transfer_syntaxes", chosen_by_rule)


def swap(patch: Patch, configuration: Any, first: int, second: int) -> None:
    """Swap two entries of a selection policy."""
    order = list(tables.SELECTION_POLICIES[configuration])
    order[first], order[second] = order[second], order[first]
    patch.entry(tables.SELECTION_POLICIES, configuration, tuple(order))


@NEGOTIATION.mutant("association/storage-priority-none[", "context")
def prefers_implicit_vr(patch: Patch) -> None:
    """Without JPEG, Implicit VR Little Endian is preferred to Explicit VR Big Endian."""
    swap(patch, "none", 1, 2)


@NEGOTIATION.mutant("association/storage-priority-lossless[", "context")
def prefers_70_to_57(patch: Patch) -> None:
    """Under JPEG lossless, .70 is preferred to .57."""
    swap(patch, "lossless", 0, 1)


@NEGOTIATION.mutant("association/storage-priority-lossy[", "context")
def prefers_uncompressed_to_51(patch: Patch) -> None:
    """Under JPEG lossy, Explicit VR Little Endian is preferred to .51."""
    swap(patch, "lossy", 1, 2)


@NEGOTIATION.mutant("association/storage-priority-jpeg2000[", "context")
def prefers_90_to_91(patch: Patch) -> None:
    """Under JPEG 2000, .90 is preferred to .91."""
    swap(patch, "jpeg2000", 0, 1)


@NEGOTIATION.mutant("association/verification-priority-lossless[", "context")
def takes_the_first_proposed(patch: Patch) -> None:
    """The order of the requestor decides, not the policy."""

    def first_proposed(
        wanted: Mapping[str, tuple[str, ...]], abstract_syntax: str, proposed: list[str]
    ) -> tuple[int, str]:
        for syntax in proposed:
            if syntax in wanted.get(abstract_syntax, ()):
                return ACCEPTED, syntax
        return by_policy(wanted, abstract_syntax, proposed)

    choose(patch, first_proposed)


@NEGOTIATION.mutant("association/refuses-unclaimed-abstract-syntaxes[none,2]", "context")
def accepts_an_unclaimed_abstract_syntax(patch: Patch) -> None:
    """Basic Text SR Storage is accepted, which no table names."""
    text_report = "1.2.840.10008.5.1.4.1.1.88.11"

    def one_more(wanted: Mapping[str, tuple[str, ...]], abstract_syntax: str, proposed: list[str]) -> tuple[int, str]:
        known = {**wanted, text_report: tables.UNCOMPRESSED}
        return by_policy(known, abstract_syntax, proposed)

    choose(patch, one_more)


@NEGOTIATION.mutant("association/refuses-unclaimed-transfer-syntaxes[none,1]", "context")
def accepts_an_unclaimed_transfer_syntax(patch: Patch) -> None:
    """RLE Lossless is accepted, which no table names."""

    def one_more(wanted: Mapping[str, tuple[str, ...]], abstract_syntax: str, proposed: list[str]) -> tuple[int, str]:
        known = {key: (*syntaxes, "1.2.840.10008.1.2.5") for key, syntaxes in wanted.items()}
        return by_policy(known, abstract_syntax, proposed)

    choose(patch, one_more)


@NEGOTIATION.mutant("association/refuses-unclaimed-configurations[lossless,1]", "context")
def accepts_a_syntax_that_is_not_configured(patch: Patch) -> None:
    """Every transfer syntax of Table 3 is accepted under every configuration."""

    def every_syntax(
        wanted: Mapping[str, tuple[str, ...]], abstract_syntax: str, proposed: list[str]
    ) -> tuple[int, str]:
        known = {key: (*syntaxes, *tables.NINE_TRANSFER_SYNTAXES) for key, syntaxes in wanted.items()}
        return by_policy(known, abstract_syntax, proposed)

    choose(patch, every_syntax)


@NEGOTIATION.mutant("association/refuses-unclaimed-abstract-syntaxes[jpeg2000,1]", "context")
def swaps_the_results_of_a_refusal(patch: Patch) -> None:
    """An abstract syntax that is not supported is refused with result 4, transfer syntaxes with result 3."""
    swapped = {
        ACCEPTED: ACCEPTED,
        ABSTRACT_SYNTAX_NOT_SUPPORTED: TRANSFER_SYNTAXES_NOT_SUPPORTED,
        TRANSFER_SYNTAXES_NOT_SUPPORTED: ABSTRACT_SYNTAX_NOT_SUPPORTED,
    }

    def wrong_result(
        wanted: Mapping[str, tuple[str, ...]], abstract_syntax: str, proposed: list[str]
    ) -> tuple[int, str]:
        result, chosen = by_policy(wanted, abstract_syntax, proposed)
        return swapped[result], chosen

    choose(patch, wrong_result)


@NEGOTIATION.mutant("association/query-engine-never-accepts", "context")
def accepts_queries(patch: Patch) -> None:
    """The loader accepts Study Root FIND, though the query engine is an SCU alone."""

    def with_find(wanted: Mapping[str, tuple[str, ...]], abstract_syntax: str, proposed: list[str]) -> tuple[int, str]:
        return by_policy({**wanted, tables.STUDY_ROOT_FIND: tables.UNCOMPRESSED}, abstract_syntax, proposed)

    choose(patch, with_find)


@NEGOTIATION.mutant("storage/loader-accepts-every-context-of-table-3[CR,1.2.840.10008.1.2]", "context")
def refuses_a_class_of_table_3(patch: Patch) -> None:
    """Computed Radiography Image Storage is not accepted."""
    refused = "1.2.840.10008.5.1.4.1.1.1"
    kept = {uid: name for uid, name in tables.LOADER_SOP_CLASSES.items() if uid != refused}
    patch.set(loader_server, "LOADER_SOP_CLASSES", kept)


@NEGOTIATION.mutant("query/proposes-every-context-of-table-1[STUDY-FIND,1.2.840.10008.1.2.4.70]", "context")
def proposes_six_contexts_of_table_1(patch: Patch) -> None:
    """The query engine does not propose .70, the last row of Table 1."""
    patch.set(query_engine, "TABLE_1", tables.TABLE_1[:-1])


@NEGOTIATION.mutant("retrieve/proposes-every-context-of-table-4[GSPS,1.2.840.10008.1.2]", "context")
def proposes_half_of_table_4(patch: Patch) -> None:
    """The loader's client side proposes the rows of Study Root MOVE alone."""
    patch.set(loader_client, "TABLE_4", tables.TABLE_4[:7])


@NEGOTIATION.mutant("query/proposes-patient-root[PATIENT-FIND,1.2.840.10008.1.2]", "context")
def asks_patients_by_study_root(patch: Patch) -> None:
    """The query engine asks by Study Root where Patient Root is meant."""
    patch.set(query_engine, "TABLE_1_PATIENT_ROOT", tables.TABLE_1)


@NEGOTIATION.mutant("storage/store-client-proposes-under-lossy[CT,", "context")
def proposes_another_configurations_syntaxes(patch: Patch) -> None:
    """Under JPEG lossy the store client proposes the JPEG lossless syntaxes too."""
    added = tables.STORE_CLIENT_ADDITIONS
    patch.entry(added, "lossy", (*added["lossy"], *added["lossless"]))


@NEGOTIATION.mutant("association/query-engine-announces-itself", "association")
def bears_another_implementation_class_uid(patch: Patch) -> None:
    """The implementation class UID of requests and acceptances is not the one of the statement."""
    patch.set(entity, "IMPLEMENTATION_CLASS_UID", FOREIGN_IMPLEMENTATION)


@NEGOTIATION.mutant("association/loader-server-announces-itself", "association")
def accepts_under_another_implementation_class_uid(patch: Patch) -> None:
    """The loader's server side alone bears another implementation class UID."""

    def foreign(configuration: Any) -> Any:
        found = entity.application_entity(configuration)
        found.implementation_class_uid = UID(FOREIGN_IMPLEMENTATION)
        return found

    patch.set(service_server, "application_entity", foreign)


@NEGOTIATION.mutant("scp/association/announces-itself", "association")
def accepts_what_any_product_proposes_under_another_class_uid(patch: Patch) -> None:
    """The same, asked as of any product."""
    accepts_under_another_implementation_class_uid(patch)


@NEGOTIATION.mutant("association/store-client-announces-itself", "association")
def announces_16_kib(patch: Patch) -> None:
    """The store client announces a maximum length of 16 KiB."""
    patch.set(store_client, "PDU_LENGTH_BYTES", 16384)


@NEGOTIATION.mutant("association/query-engine-length-is-configured", "association")
def announces_32_kib_whatever_is_configured(patch: Patch) -> None:
    """The query engine does not heed the PDU length that is configured."""

    def fixed(self: Any, archive: Any, proposed: Any) -> Any:
        return requestor.Requestor(self._configuration(), archive, proposed, tables.PDU_LENGTH_BYTES)

    patch.set(query_engine.QueryEngine, "_requestor", fixed)


def _window() -> AsynchronousOperationsWindowNegotiation:
    window = AsynchronousOperationsWindowNegotiation()
    window.maximum_number_operations_invoked = window.maximum_number_operations_performed = 8
    return window


@NEGOTIATION.mutant("association/loader-client-announces-itself", "association")
def proposes_asynchronous_operations(patch: Patch) -> None:
    """Each request proposes an asynchronous operations window of 8."""

    def proposing(self: Any) -> Any:
        self._association.requestor.add_negotiation_item(_window())
        return contexts(self)

    contexts = patch.set(requestor.Requestor, "_contexts", proposing)


@NEGOTIATION.mutant("association/loader-server-announces-itself", "association")
def grants_asynchronous_operations(patch: Patch) -> None:
    """An acceptance grants an asynchronous operations window of 8."""

    def granting(self: Any) -> None:
        self.acceptor.add_negotiation_item(_window())
        negotiate(self)

    negotiate = patch.set(upper_layer.ACSE, "_negotiate_as_acceptor", granting)


def _ignore_the_peers_length(patch: Patch) -> None:
    def heedless(self: Any, ours: Any, peers: Any) -> None:
        establish(self, ours, peers)
        self.peer_maximum_length = ours.maximum_length

    establish = patch.set(upper_layer.Association, "establish", heedless)


@NEGOTIATION.mutant("storage/store-client-never-exceeds-the-peers-pdu", "pdu")
def stores_in_pdus_longer_than_the_archive_takes(patch: Patch) -> None:
    """The store client's PDUs are as long as its own maximum length, whatever the archive announced."""
    _ignore_the_peers_length(patch)


@NEGOTIATION.mutant("storage/store-client-uses-32-kib-where-the-peer-sets-no-limit", "pdu")
def stores_in_one_pdu_where_the_archive_sets_no_limit(patch: Patch) -> None:
    """The store client's PDUs are as long as the data set where the archive announced 0, no limit."""

    def boundless(self: Any, ours: Any, peers: Any) -> None:
        establish(self, ours, peers)
        self.peer_maximum_length = peers.maximum_length or 0x100000

    establish = patch.set(upper_layer.Association, "establish", boundless)


@NEGOTIATION.mutant("association/query-engine-keeps-within-the-length-announced", "pdu")
def queries_in_pdus_longer_than_the_archive_takes(patch: Patch) -> None:
    """The query engine's PDUs are as long as its own maximum length, whatever the archive announced."""
    _ignore_the_peers_length(patch)


@NEGOTIATION.mutant("association/loader-server-keeps-within-the-length-announced", "pdu")
def answers_in_pdus_longer_than_the_requestor_takes(patch: Patch) -> None:
    """The loader's responses are as long as its own maximum length, whatever the requestor announced."""
    _ignore_the_peers_length(patch)


@NEGOTIATION.mutant("association/query-engine-announces-itself", "pdu")
def sets_reserved_bits(patch: Patch) -> None:
    """A reserved bit of the message control header of each PDV is set."""

    def untidy(self: Any, context_id: int, control: int, data: Any, maximum_length: int) -> None:
        send_fragments(self, context_id, control | 0x10, data, maximum_length)

    send_fragments = patch.set(upper_layer.UpperLayer, "send_fragments", untidy)


@NEGOTIATION.mutant("query/proposes-table-1-alone", "context")
def proposes_beyond_table_1(patch: Patch) -> None:
    """The query engine proposes RLE Lossless too, which Table 1 does not name."""
    patch.set(query_engine, "TABLE_1", (*tables.TABLE_1, (tables.STUDY_ROOT_FIND, "1.2.840.10008.1.2.5")))


@NEGOTIATION.mutant("retrieve/proposes-table-4-alone", "context")
def proposes_beyond_table_4(patch: Patch) -> None:
    """The loader's client side proposes Study Root GET too, which Table 4 does not name."""
    study_root_get = "1.2.840.10008.5.1.4.1.2.2.3"
    patch.set(loader_client, "TABLE_4", (*tables.TABLE_4, (study_root_get, tables.EXPLICIT_VR_LITTLE_ENDIAN)))


@NEGOTIATION.mutant("association/query-engine-announces-itself", "association")
def calls_another_title(patch: Patch) -> None:
    """The called AE title is not the one that is configured for the archive."""

    def misdirected(self: Any) -> None:
        self._peer = self._peer.model_copy(update={"ae_title": "SOMEONE"})
        open_(self)

    open_ = patch.set(requestor.Requestor, "_open", misdirected)


@NEGOTIATION.mutant("association/clients-call-by-the-configured-title", "association")
def calls_by_another_title(patch: Patch) -> None:
    """The calling AE title is not the one that is configured."""

    def disguised(self: Any) -> None:
        self._configuration = self._configuration.changed(ae_title="SOMEONE")
        open_(self)

    open_ = patch.set(requestor.Requestor, "_open", disguised)
