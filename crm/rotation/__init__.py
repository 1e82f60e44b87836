"""New data keys for everything that is sealed or indexed, while the service runs."""

from crm.rotation.recomputed import recomputed
from crm.rotation.run import Report, Rotation, TrackerRows, left_by_table

__all__ = ["Report", "Rotation", "TrackerRows", "left_by_table", "recomputed"]
