"""Believable customers for trying things out."""

from crm.demo.load import Job, fill, has_customers, job_of
from crm.demo.personas import DemoLogin, demo_logins

__all__ = ["DemoLogin", "Job", "demo_logins", "fill", "has_customers", "job_of"]
