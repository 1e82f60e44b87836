"""Files to import, and a short way to import them."""

import csv
from pathlib import Path

import pytest
from sqlalchemy import select

from crm.importing import Job, Mapping, Options, import_file
from crm.schema import Customer, ImportedRow
from tests.factories.crm import NOW

HEADER = [
    "id",
    "first name",
    "surname",
    "dob",
    "email",
    "mobile",
    "address",
    "city",
    "zip",
    "country",
    "sex",
    "married",
    "degree",
    "income",
    "newsletter",
]


def a_row(n: int, **values: str) -> list[str]:
    """Customer `n` as another system exports them."""
    row = {
        "id": f"K{n}", "first name": "Ada", "surname": f"Quill{n}", "dob": "1984-03-09",
        "email": f"ada.{n}@example.org", "mobile": f"+1555{2_000_000 + n}", "address": "4 Quince Lane",
        "city": "Alderwick", "zip": "AW4 2QL", "country": "GB", "sex": "f", "married": "married",
        "degree": "PhD", "income": "52,300.50", "newsletter": "yes",
    }  # fmt: skip
    return list((row | values).values())


def write_csv(path: Path, rows: list[list[str]], header: list[str] | None = HEADER, encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows([*([header] if header else []), *rows])
    return path


class Importer:
    """Imports files into one store; rejected rows land beside the file."""

    def __init__(self, store, folder: Path) -> None:
        self.store, self.folder = store, folder

    def __call__(self, path: Path, mapping: Mapping | None = None, **options) -> Job:
        how = Options(rejects=self.rejects_of(path), **({"batch": 7} | options))
        return import_file(self.store, path, mapping or Mapping(), how, now=NOW)

    def rejects_of(self, path: Path) -> Path:
        return path.with_name(f"{path.stem}.rejected{path.suffix}")

    def reasons(self, path: Path) -> list[str]:
        with self.rejects_of(path).open(encoding="utf-8-sig", newline="") as file:
            return [row["reason"] for row in csv.DictReader(file)]

    def customers(self) -> dict[str, Customer]:
        """By external id."""
        with self.store.reading() as session:
            query = select(ImportedRow.external_id, Customer).join(Customer, Customer.id == ImportedRow.row_id)
            found = {external_id: customer for external_id, customer in session.execute(query)}
            session.expunge_all()
            return found


@pytest.fixture
def importer(store, tmp_path) -> Importer:
    return Importer(store, tmp_path)


@pytest.fixture
def sqlite_importer(sqlite_store, tmp_path) -> Importer:
    return Importer(sqlite_store, tmp_path)
