"""Faults of the transport: how bytes go and come, and how the TCP connection ends.

May import: `moment`, `parameters`.
Begin with `close`.
"""

from dicom_simulators.faults.transport.close import Close
from dicom_simulators.faults.transport.delay import Delay
from dicom_simulators.faults.transport.refuse import Refuse
from dicom_simulators.faults.transport.reset import Reset
from dicom_simulators.faults.transport.slice import Slice
from dicom_simulators.faults.transport.stall import Stall
from dicom_simulators.faults.transport.throttle import Throttle

__all__ = ["Close", "Delay", "Refuse", "Reset", "Slice", "Stall", "Throttle"]
