"""What `locust -f` is given to load a DICOM AE: `docs/load.md` says how."""

from locust import events

from dicom_conformance.load.locust_user import LoadUser, PlanShape, install

__all__ = ["LoadUser", "PlanShape"]

install(events)
