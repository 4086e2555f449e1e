"""The figures of an OSM that runs, and the page from which Prometheus reads them.

May import nothing of the OSM. Begin with `figures`.
"""

from dicom_workstation.osm.metrics.exposition import MEDIA_TYPE, exposition
from dicom_workstation.osm.metrics.figures import Counter, Figure, Figures, Gauge, Histogram
from dicom_workstation.osm.metrics.metrics_server import MetricsServer

__all__ = ["MEDIA_TYPE", "Counter", "Figure", "Figures", "Gauge", "Histogram", "MetricsServer", "exposition"]
