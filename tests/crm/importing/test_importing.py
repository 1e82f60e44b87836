from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from crm import normalise
from crm.errors import InvalidInput
from crm.importing import Mapping, load
from crm.importing.mapping import Fill
from crm.normalise import Identifier
from crm.schema import AuditEntry, Claim, Customer, ImportedRow, ImportJob, Invoice, Policy
from crm.services._find import customer_id_of
from crm.store import Store
from tests.crm.importing.conftest import HEADER, Importer, a_row, write_csv
from tests.factories import crm as make
from vault import Vault


def test_a_row_becomes_a_customer_with_every_field(importer, tmp_path):
    job = importer(write_csv(tmp_path / "c.csv", [a_row(1)]))
    assert (job.created, job.rejected) == (1, 0)
    made = importer.customers()["K1"]
    assert (made.given_name, made.family_name, made.birth_date) == ("Ada", "Quill1", date(1984, 3, 9))
    assert (made.email, made.phone, made.income_minor) == ("ada.1@example.org", "+15552000001", 5_230_050)
    assert made.address == {"line": "4 Quince Lane", "city": "Alderwick", "postcode": "AW4 2QL", "country": "GB"}
    assert (made.gender, made.marital_status, made.education) == ("female", "married", "doctorate")
    assert made.marketing_consent is True


def test_an_imported_customer_is_found_by_phone_and_mail(importer, tmp_path):
    importer(write_csv(tmp_path / "c.csv", [a_row(1), a_row(2)]))
    with importer.store.reading() as session:
        assert Identifier.parse("+1 555 200 0002").value == "+15552000002"
        assert customer_id_of(session, "+1 555 200 0002") == importer.customers()["K2"].id
        assert customer_id_of(session, "ADA.1@example.org") == importer.customers()["K1"].id


def test_the_same_file_again_changes_nothing(importer, tmp_path):
    path = write_csv(tmp_path / "c.csv", [a_row(n) for n in range(20)])
    importer(path)
    before = {key: customer.id for key, customer in importer.customers().items()}
    job = importer(path)
    assert (job.created, job.updated, job.unchanged) == (0, 0, 20)
    assert {key: customer.id for key, customer in importer.customers().items()} == before


def test_a_changed_row_changes_its_customer_alone(importer, tmp_path):
    importer(write_csv(tmp_path / "c.csv", [a_row(n) for n in range(9)]))
    rows = [a_row(n, **({"email": "new@example.org"} if n == 4 else {})) for n in range(9)]
    job = importer(write_csv(tmp_path / "d.csv", rows))
    assert (job.created, job.updated, job.unchanged) == (0, 1, 8)
    with importer.store.reading() as session:
        assert customer_id_of(session, "new@example.org") == importer.customers()["K4"].id
    assert importer.customers()["K3"].email == "ada.3@example.org"


def test_a_file_with_fewer_columns_leaves_the_other_fields(importer, tmp_path):
    importer(write_csv(tmp_path / "c.csv", [a_row(1)]))
    row = ["K1", "Ada Quill", "1984-03-09", "moved@example.org"]
    importer(write_csv(tmp_path / "d.csv", [row], header=["id", "full name", "dob", "email"]))
    made = importer.customers()["K1"]
    assert (made.email, made.phone, made.address["city"]) == ("moved@example.org", "+15552000001", "Alderwick")


def test_a_file_may_withdraw_consent_but_never_give_it_back(importer, tmp_path):
    importer(write_csv(tmp_path / "c.csv", [a_row(1, newsletter="yes"), a_row(2, newsletter="no")]))
    importer(write_csv(tmp_path / "d.csv", [a_row(1, newsletter="no"), a_row(2, newsletter="yes")]))
    assert [importer.customers()[key].marketing_consent for key in ("K1", "K2")] == [False, False]


def test_a_row_that_comes_twice_in_one_batch_is_one_customer(importer, tmp_path):
    job = importer(write_csv(tmp_path / "c.csv", [a_row(1), a_row(1), a_row(1, surname="Later")]))
    assert (job.created, job.unchanged, job.updated) == (1, 1, 1)
    assert importer.customers()["K1"].family_name == "Later"


def test_ids_of_two_sources_do_not_meet(importer, tmp_path):
    path = write_csv(tmp_path / "c.csv", [a_row(1)])
    importer(path)
    importer(path, Mapping(source="other"))
    with importer.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Customer)) == 2


def test_bad_rows_are_written_out_with_reasons_that_repeat_no_value(importer, tmp_path):
    rows = [a_row(1), a_row(2, dob="31.2.1990"), a_row(3, email="nobody", mobile="12"), a_row(4, sex="robot")]
    job = importer(path := write_csv(tmp_path / "c.csv", rows))
    assert (job.created, job.rejected) == (1, 3)
    reasons = importer.reasons(path)
    assert reasons[0] == "birth_date: is not a day of the calendar"
    assert reasons[1] == "email: is not an e-mail address; phone: is not a phone number"
    assert reasons[2] == "gender: is none of female, male, other"


def test_the_rejected_rows_can_be_corrected_and_imported_as_they_are(importer, tmp_path):
    importer(path := write_csv(tmp_path / "c.csv", [a_row(1), a_row(2, dob="31.2.1990")]))
    rejects = importer.rejects_of(path)
    assert rejects.stat().st_mode & 0o077 == 0
    rejects.write_text(rejects.read_text("utf-8-sig").replace("31.2.1990", "28.2.1990"), encoding="utf-8")
    job = importer(rejects)
    assert (job.created, job.rejected) == (1, 0)
    assert importer.customers()["K2"].birth_date == date(1990, 2, 28)


def test_no_file_of_rejected_rows_is_left_when_all_were_good(importer, tmp_path):
    importer(path := write_csv(tmp_path / "c.csv", [a_row(1)]))
    assert sorted(entry.name for entry in tmp_path.iterdir() if "rejected" in entry.name) == []
    assert path.exists()


@pytest.mark.parametrize(
    ("rule", "value", "reason"),
    [("unknown", None, None), (Fill(fill="bachelor"), "bachelor", None), ("drop", None, "mapping drops such rows")],
)
def test_what_is_missing_is_dealt_with_as_the_mapping_says(importer, tmp_path, rule, value, reason):
    path = write_csv(tmp_path / "c.csv", [a_row(1, degree="N/A")])
    job = importer(path, Mapping(missing={"education": rule}))
    if reason:
        assert job.rejected == 1
        assert reason in importer.reasons(path)[0]
    else:
        assert importer.customers()["K1"].education == value


def test_an_unknown_contact_is_kept_as_unknown(importer, tmp_path):
    importer(write_csv(tmp_path / "c.csv", [a_row(1, email="", mobile="无")]))
    made = importer.customers()["K1"]
    assert (made.email, made.phone) == ("", "")


def test_a_mapping_names_columns_values_and_forms(importer, tmp_path):
    mapping_file = tmp_path / "mapping.yml"
    mapping_file.write_text(
        "columns: {external_id: Kd, name: Wer, birth_date: 3, income: Geld}\n"
        "dates: day-first\ndecimal: ','\nregion: DE\nvalues: {gender: {Frau: female}}\n",
        encoding="utf-8",
    )
    path = write_csv(
        tmp_path / "c.csv",
        [["7", "Quill, Ada", "03/04/1984", "52.300,5", "Frau", "030 1234567"]],
        header=["Kd", "Wer", "x", "Geld", "sex", "tel"],
    )
    importer(path, load(mapping_file))
    made = importer.customers()["7"]
    assert (made.given_name, made.family_name, made.birth_date) == ("Ada", "Quill", date(1984, 4, 3))
    assert (made.income_minor, made.gender, made.phone) == (5_230_050, "female", "+49301234567")


@pytest.mark.parametrize(
    "wrong", ["entity: ship", "columns: {shoe_size: x}", "colunms: {}", "- a", "a: [", "dates: no"]
)
def test_a_wrong_mapping_is_refused(importer, tmp_path, wrong):
    (tmp_path / "m.yml").write_text(wrong)
    with pytest.raises(InvalidInput):
        importer(write_csv(tmp_path / "c.csv", [a_row(1)]), load(tmp_path / "m.yml"))


def test_policies_claims_and_invoices_follow_their_customer(importer, tmp_path):
    with importer.store.session() as session:
        plan = make.a_plan(session)
        code = plan.product.code
    importer(write_csv(tmp_path / "c.csv", [a_row(1)]))
    policies = [["PA-1234567", "K1", code, "plus", "in force", "2026-01-01", "2026-12-31", "600", "Volvo V60"]]
    header = ["policy number", "customer id", "product", "plan", "status", "start", "end", "premium", "car"]
    policies.append(["PA-7654321", "K9", *policies[0][2:]])
    job = importer(write_csv(tmp_path / "p.csv", policies, header), Mapping(entity="policy"))
    assert (job.created, job.rejected) == (1, 1)
    assert importer.reasons(tmp_path / "p.csv") == ["customer: no customer was imported under this id from this source"]
    claims = [["cl 1000001", "PA-1234567", "collision", "in_review", "2026-05-04", "Hit a post", "900"]]
    header = ["claim number", "policy", "type", "status", "date of loss", "description", "estimate"]
    assert importer(write_csv(tmp_path / "l.csv", claims, header), Mapping(entity="claim")).created == 1
    invoices = [["R1", "PA-1234567", "2026-01-01", "2026-01-21", "150.00", "paid"], ["R2", "PA-9999999", *["x"] * 4]]
    header = ["invoice no", "policy", "issued", "due date", "amount", "status"]
    job = importer(write_csv(tmp_path / "i.csv", invoices, header), Mapping(entity="invoice"))
    assert (job.created, job.rejected) == (1, 1)
    with importer.store.reading() as session:
        owner = session.scalars(select(Customer)).one()
        assert session.scalars(select(Policy)).one().insured == {"vehicle": "Volvo V60"}
        assert session.scalars(select(Claim)).one().estimate_minor == 90_000
        assert session.scalars(select(Invoice)).one().customer_id == owner.id
        assert set(session.scalars(select(ImportedRow.customer_id))) == {owner.id}


def test_a_policy_number_of_somebody_else_is_refused(importer, tmp_path):
    with importer.store.session() as session:
        policy = make.a_policy(session)
        code, number = policy.plan.product.code, policy.number
    importer(write_csv(tmp_path / "c.csv", [a_row(1)]))
    header = ["policy number", "customer id", "product", "plan", "status", "start", "end", "premium"]
    row = [number, "K1", code, "plus", "active", "2026-01-01", "2026-12-31", "600"]
    twice = ["PA-5555555", *row[1:]]
    path = write_csv(tmp_path / "p.csv", [["A", *row], ["B", *twice], ["C", *twice]], ["policy id", *header])
    assert importer(path, Mapping(entity="policy")).created == 1
    assert importer.reasons(path) == ["number: belongs to another row"] * 2


def test_nothing_of_a_row_stands_readable_in_the_store(sqlite_importer, tmp_path):
    sqlite_importer(write_csv(tmp_path / "c.csv", [a_row(n) for n in range(30)]))
    content = b"".join(path.read_bytes() for path in tmp_path.glob("careline.db*"))
    for value in (b"Quill", b"ada.", b"55520000", b"Quince", b"1984-03", b"K12", b"doctorate"):
        assert value not in content


def test_the_log_of_an_import_holds_counts_alone(importer, tmp_path, caplog):
    caplog.set_level("DEBUG")
    importer(write_csv(tmp_path / "c.csv", [a_row(1), a_row(2, email="Secretive")]))
    assert "1 created" in caplog.text
    assert "Secretive" not in caplog.text
    assert "Quill" not in caplog.text


def test_a_finished_job_says_so(importer, tmp_path):
    importer(write_csv(tmp_path / "c.csv", [a_row(1)]))
    with importer.store.reading() as session:
        job = session.scalars(select(ImportJob)).one()
        assert (job.rows_done, job.finished_at is not None) == (1, True)


def test_a_file_that_is_being_imported_is_left_to_that_process(importer, tmp_path):
    from crm.importing.rejects import Rejects

    path = write_csv(tmp_path / "c.csv", [a_row(1)], HEADER)
    held = Rejects(importer.rejects_of(path))
    with pytest.raises(InvalidInput, match="another process"):
        importer(path)
    held.close(done=True)
    assert importer(path).created == 1


def test_an_import_is_entered_in_the_audit(importer, tmp_path):
    importer(write_csv(tmp_path / "c.csv", [a_row(1)]))
    with importer.store.reading() as session:
        assert ("import", "customers") in [(entry.verb, entry.area) for entry in session.query(AuditEntry)]


@settings(max_examples=300)
@given(st.from_regex(r"\+1[2-9][0-9]{9}|\+861[3-9][0-9]{9}", fullmatch=True, alphabet=st.characters(codec="ascii")))
def test_a_phone_number_taken_as_it_is_is_in_its_one_spelling(number):
    assert normalise.phone(number) == number


@pytest.mark.slow
def test_worker_processes_do_the_same_as_none(sqlite_store, tmp_path, migrated_file):
    rows = [a_row(n, **({"dob": "never"} if n % 9 == 0 else {})) for n in range(3_000)]
    path = write_csv(tmp_path / "c.csv", rows)
    outcomes = []
    for name, workers in (("alone", 0), ("many", 2)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "careline.db").write_bytes(migrated_file)
        vault = Vault.load(folder / "master.key", environ={})
        store = Store.open(f"sqlite:///{folder / 'careline.db'}", vault)
        importer = Importer(store, folder)
        job = importer(path, batch=200, workers=workers, key_file=folder / "master.key")
        names = {key: made.family_name for key, made in importer.customers().items()}
        outcomes.append((job, names, importer.reasons(path)))
        store.close()
    assert outcomes[0] == outcomes[1]
