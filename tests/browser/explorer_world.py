"""What the browser tests of the explorer share: a workstation, an archive with phantoms, a printer, all on loopback."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dicom_simulators.archive import Archive
from dicom_simulators.phantoms import PhantomSeries, PhantomStudy, write_studies
from dicom_simulators.printer import Printer
from dicom_wire import Recorder
from dicom_workstation.application import Workstation
from dicom_workstation.configuration import Configuration
from dicom_workstation.explorer import ExplorerServer

TODAY = datetime.date(2026, 11, 28)
SCRIPT = '<script>alert(1)</script>^"onload=alert(2)'
STUDIES = (
    PhantomStudy(
        *("DOE^JANE", "PH1", "19610204", "F", "A1", "CT thorax", 1, "CT"),
        (PhantomSeries("scout", "Scout", 1, 64), PhantomSeries("chest", "Thorax", 3, 64)),
    ),
    PhantomStudy(
        *("POE^EDGAR", "PH2", "19550119", "M", "A2", "Echo", 3, "US"), (PhantomSeries("heart", "Heart", 6, 64),)
    ),
    PhantomStudy(*(SCRIPT, "PH3", "19550119", "M", "A3", SCRIPT, 4, "MR"), (PhantomSeries("head", SCRIPT, 1, 64),)),
)


def display_protocol(name: str, modality: str, *series: str) -> dict[str, object]:
    """A display protocol with a box for each series, from left to right; the series are named by their descriptions."""
    selector = {"SelectorAttribute": "Modality", "SelectorCSValue": modality, "ImageSetSelectorUsageFlag": "NO_MATCH"}
    current = {"ImageSetNumber": 1, "ImageSetSelectorCategory": "RELATIVE_TIME", "RelativeTime": [0, 0]}
    width = 1 / len(series)
    boxes = [
        {
            "DisplaySetNumber": number,
            "DisplaySetPresentationGroup": 1,
            "ImageSetNumber": 1,
            "ImageBoxes": [
                {
                    "ImageBoxNumber": 1,
                    "DisplayEnvironmentSpatialPosition": [width * (number - 1), 1, width * number, 0],
                    "ImageBoxLayoutType": "STACK",
                }
            ],
            "FilterOperations": [
                {"SelectorAttribute": "SeriesDescription", "SelectorLOValue": text, "FilterByOperator": "MEMBER_OF"}
            ],
        }
        for number, text in enumerate(series, 1)
    ]
    return {
        "HangingProtocolName": name,
        "HangingProtocolLevel": "SITE",
        "HangingProtocolDefinition": [{"Modality": modality}],
        "ImageSets": [
            {"ImageSetSelector": [selector], "TimeBasedImageSets": [{**current, "RelativeTimeUnits": "MINUTES"}]}
        ],
        "DisplaySets": boxes,
    }


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a journey goes through."""

    workstation: Workstation
    explorer: ExplorerServer
    archive: Archive
    printer: Printer

    def queries(self) -> int:
        """Count the queries that the workstation has made."""
        return sum(" query " in line for line in self.workstation.log())


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Start a workstation that is destination of the archive; `VAULT` is an archive where nothing listens."""
    write_studies(folder, STUDIES, TODAY)
    with ExitStack() as stack:
        archive = Archive("archive", "PACS", Recorder(), folder=folder)
        printer = Printer("printer", "FILM", Recorder(), film_s=0.05)
        for simulator in (archive, printer):
            simulator.start()
            stack.callback(simulator.stop)
        gone = Archive("gone", "VAULT", Recorder())
        gone.start()
        nowhere = gone.address[1]
        gone.stop()
        known = {
            "PACS": {"ae_title": "PACS", "host": "127.0.0.1", "port": archive.address[1]},
            "VAULT": {"ae_title": "VAULT", "host": "127.0.0.1", "port": nowhere},
        }
        film = {"ae_title": "FILM", "host": "127.0.0.1", "port": printer.address[1]}
        worklist = {"archive": "PACS", "keys": {"PatientName": ""}, "load_ahead": 0}
        configuration = Configuration.from_keywords(
            archives=known,
            printers={"FILM": film},
            worklists={"all": worklist},
            display_protocols=[
                display_protocol("CT of the chest", "CT", "Thorax", "Scout"),
                display_protocol("Mammography", "MG", "MLO"),
            ],
            osm={"folder": str(folder.with_name("osm"))},
            print_job_interval_s=0.1,
            arrival_timeout_s=0.3,
        )
        workstation = stack.enter_context(Workstation(configuration))
        archive.destinations[configuration.ae_title] = workstation.address
        explorer = stack.enter_context(ExplorerServer(workstation))
        yield World(workstation, explorer, archive, printer)
