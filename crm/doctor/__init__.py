"""What is wrong with a store, and what to do about it: `python -m crm doctor`."""

from crm.doctor.examination import CHECKS, examine
from crm.doctor.findings import Finding, Level

__all__ = ["CHECKS", "Finding", "Level", "examine"]
