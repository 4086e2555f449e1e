"""Association control: how the acceptor's side answers an A-ASSOCIATE-RQ.

Invariants: no limit is set here; whether a request is accepted, its `Acceptor` says.

References
----------
PS3.8 Section 7.1, Table 9-18; PS3.7 Annex D
"""

from __future__ import annotations

from pydicom.uid import UID
from pynetdicom import acse
from pynetdicom.pdu_primitives import A_ASSOCIATE, SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext

from dicom_workstation.network.upper_layer.associate_items import read_uid
from dicom_workstation.tables import APPLICATION_CONTEXT_NAME, IMPLICIT_VR_LITTLE_ENDIAN


class ACSE(acse.ACSE):
    """Association control: the acceptor's side asks its `Acceptor`."""

    def _negotiate_as_acceptor(self) -> None:
        request = self.requestor.primitive
        rejection = self.assoc.rejection(request)
        if rejection is not None:
            self.send_reject(*rejection)
            return
        contexts = self.dul.proposed_contexts
        self._choose_transfer_syntaxes(contexts)
        self.assoc._accepted_cx = {context.context_id: context for context in contexts if context.result == 0x00}
        self.assoc._rejected_cx = [context for context in contexts if context.result != 0x00]
        response = A_ASSOCIATE()
        response.application_context_name = UID(APPLICATION_CONTEXT_NAME)
        response.calling_ae_title = request.calling_ae_title
        response.called_ae_title = request.called_ae_title
        response.result = 0x00
        response.result_source = 0x01
        response.presentation_context_definition_results_list = contexts
        self._answer_roles(contexts)
        response.user_information = self.acceptor.user_information
        self.acceptor.primitive = response
        self.assoc.is_established = True
        self.dul.send_pdu(response)

    def _answer_roles(self, contexts: list[PresentationContext]) -> None:
        """Answer the roles that were proposed for accepted contexts, where the requestor may be SCP.

        References
        ----------
        PS3.7 Annex D.3.3.4: what is not answered has the default roles.
        """
        accepted = {context.abstract_syntax for context in contexts if context.result == 0x00}
        for uid, proposed in self.requestor.role_selection.items():
            if uid not in accepted or uid not in self.assoc.service.peer_may_be_scp:
                continue
            answer = SCP_SCU_RoleSelectionNegotiation()
            answer.sop_class_uid = uid
            answer.scu_role, answer.scp_role = bool(proposed.scu_role), bool(proposed.scp_role)
            self.acceptor.add_negotiation_item(answer)
            if answer.scp_role:
                self.assoc.peer_scp_roles.add(str(uid))

    def _choose_transfer_syntaxes(self, contexts: list[PresentationContext]) -> None:
        """Set result and transfer syntax of each proposed context (PS3.8 Table 9-18: 0, 3 or 4)."""
        wanted = self.assoc.service.transfer_syntaxes
        for context in contexts:
            proposed = context.transfer_syntax
            syntaxes = wanted.get(context.abstract_syntax)
            chosen = next((read_uid(syntax.encode()) for syntax in syntaxes or () if syntax in proposed), None)
            context.result = 0x00 if chosen else 0x03 if syntaxes is None else 0x04
            if chosen is None:  # not significant, yet there must be one
                chosen = next(iter(proposed), UID(IMPLICIT_VR_LITTLE_ENDIAN))
            context._transfer_syntax = [chosen]
