import csv
import json
from datetime import date

import pytest

from crm import exporting
from crm.importing import Mapping, Options, import_file
from crm.schema import AuditEntry, Customer
from crm.services import claims
from tests.factories import crm as make

TODAY = date(2026, 11, 20)


@pytest.fixture
def filled(store):
    with store.session() as session:
        customer = make.a_customer(session, given_name="Imogen", family_name="Thackeray")
        policy = make.a_policy(session, customer)
        make.an_invoice(session, policy)
        report = make.a_report(policy, description="Imogen Thackeray hit a post, call +1 212 555 0199")
        claims.file_claim(session, customer.id, report, now=make.NOW)
    return store


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def export(store, folder, entity, **options):
    path = folder / f"{entity}.csv"
    exporting.export_table(store, entity, path, today=TODAY, **options)
    return read(path)


def test_tables_for_analysis_hold_nobody(filled, tmp_path):
    text = json.dumps([export(filled, tmp_path, entity) for entity in exporting.ENTITIES])
    with filled.reading() as session:
        customer = session.query(Customer).one()
        contacts = (customer.email, customer.phone)
    for personal in ("Imogen", "Thackeray", *contacts, "1984", "Quince", "AW4 2QL", "555 0199"):
        assert personal not in text
    assert '"age": "42"' in text


def test_tables_for_analysis_can_be_joined(filled, tmp_path):
    customers, policies, filed, invoices = (
        export(filled, tmp_path, entity) for entity in ("customers", "policies", "claims", "invoices")
    )
    pseudonym = customers[0]["customer"]
    assert {row["customer"] for row in (*policies, *filed, *invoices)} == {pseudonym}
    assert {row["policy"] for row in (*filed, *invoices)} == {policies[0]["policy"]}
    assert filed[0]["description"] == "[NAME] hit a post, call [PHONE]"


def test_a_plain_table_holds_everything_and_can_be_imported(filled, tmp_path):
    row = export(filled, tmp_path, "customers", plain=True)[0]
    assert (row["given_name"], row["birth_date"], row["postcode"]) == ("Imogen", "1984-03-09", "AW4 2QL")
    options = Options(rejects=tmp_path / "rejects.csv")
    job = import_file(filled, tmp_path / "customers.csv", Mapping(source="copy"), options, now=make.NOW)
    assert (job.created, job.rejected) == (1, 0)


def test_an_empty_table_makes_a_file_all_the_same(store, tmp_path):
    assert export(store, tmp_path, "claims") == []


@pytest.mark.parametrize("ending", ["jsonl", "parquet", "xlsx"])
def test_other_formats(filled, tmp_path, ending):
    path = tmp_path / f"policies.{ending}"
    assert exporting.export_table(filled, "policies", path, today=TODAY) == 1
    assert path.stat().st_size > 0


def test_a_formula_in_a_description_is_defused(store, tmp_path):
    with store.session() as session:
        policy = make.a_policy(session)
        report = make.a_report(policy, description="=cmd|'/c calc'!A1")
        claims.file_claim(session, policy.customer_id, report, now=make.NOW)
    assert export(store, tmp_path, "claims", plain=True)[0]["description"].startswith("'=cmd")


def test_an_export_is_entered_in_the_audit(filled, tmp_path):
    export(filled, tmp_path, "customers", plain=True)
    with filled.reading() as session:
        entries = [(entry.verb, entry.area, entry.fields) for entry in session.query(AuditEntry)]
    assert ("export", "customers", "plain") in entries
