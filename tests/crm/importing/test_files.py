"""What files may look like, and what they must not be able to do."""

import json
import random

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.errors import InvalidInput
from crm.importing import Mapping, encodings
from crm.importing.files import LONGEST_FIELD
from crm.importing.outputs import defused, open_output
from tests.crm.importing.conftest import HEADER, a_row, write_csv

CHINESE = [
    "客户编号",
    "姓名",
    "出生日期",
    "电子邮箱",
    "手机号码",
    "地址",
    "性别",
    "婚姻状况",
    "学历",
    "年收入",
    "是否同意营销",
]
ROW = [
    "甲1",
    "欧阳小明",
    "1984年3月9日",
    "ming@example.cn",
    "+8613800138000",
    "朝阳区幸福路３号",
    "男",
    "已婚",
    "本科",
    "12万",
    "是",
]
BAD_ROWS = 5_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_headers_values_and_encodings_are_recognised(sqlite_importer, tmp_path, encoding):
    path = write_csv(tmp_path / "c.csv", [ROW], CHINESE, encoding)
    assert sqlite_importer(path).created == 1
    made = sqlite_importer.customers()["甲1"]
    assert (made.family_name, made.given_name, made.address["line"]) == ("欧阳", "小明", "朝阳区幸福路３号")
    assert (made.gender, made.education, made.income_minor) == ("male", "bachelor", 12_000_000)
    assert made.birth_date.isoformat() == "1984-03-09"


def test_latin_1_is_recognised(sqlite_importer, tmp_path):
    rows = [a_row(1, surname="Müller", city="Köln"), a_row(2, surname="Núñez", city="Besançon")]
    sqlite_importer(write_csv(tmp_path / "c.csv", rows, encoding="latin-1"))
    assert [made.family_name for made in sqlite_importer.customers().values()] == ["Müller", "Núñez"]


def test_a_letter_beyond_ascii_late_in_a_file_counts(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes(b"a,b\n" * 400_000 + "Müller,ß\n".encode("latin-1"))
    assert encodings.detect(path) == "latin-1"


def test_a_row_that_is_not_of_the_encoding_is_rejected_alone(sqlite_importer, tmp_path):
    path = tmp_path / "c.csv"
    write_csv(path, [a_row(1), a_row(2)])
    path.write_bytes(path.read_bytes().replace(b"Quill2", b"Qu\xffll2"))
    job = sqlite_importer(path, Mapping(encoding="utf-8"))
    assert (job.created, job.rejected) == (1, 1)
    assert "not of the file's encoding" in sqlite_importer.reasons(path)[0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_recognised(sqlite_importer, tmp_path, delimiter):
    path = tmp_path / "c.csv"
    path.write_text("\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in (HEADER, a_row(1))))
    assert sqlite_importer(path).created == 1


def test_excel_json_lines_and_parquet_are_read_alike(sqlite_importer, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.append([1, *a_row(1)[1:13], 52_300.5, True])
    book.save(tmp_path / "c.xlsx")
    entries = [dict(zip(HEADER, a_row(2), strict=True)), dict(zip(HEADER[:6], a_row(3)[:6], strict=True))]
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, entries)) + "\nnot json\n")
    pyarrow.parquet.write_table(pyarrow.table([[cell] for cell in a_row(4)], names=HEADER), tmp_path / "c.parquet")
    jobs = [sqlite_importer(tmp_path / f"c.{ending}") for ending in ("xlsx", "jsonl", "parquet")]
    assert [(job.created, job.rejected) for job in jobs] == [(1, 0), (2, 1), (1, 0)]
    assert list(sqlite_importer.customers()) == ["1", "K2", "K3", "K4"]
    assert sqlite_importer.customers()["1"].income_minor == 5_230_050
    rejected = json.loads((tmp_path / "c.rejected.jsonl").read_text())
    assert rejected["reason"] == "the row is not a JSON object"


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl", "parquet"])
def test_rejected_rows_come_back_in_the_format_they_came_in(sqlite_importer, tmp_path, ending):
    path = tmp_path / f"c.{ending}"
    with open_output(path, HEADER) as output:
        output.write(a_row(1, dob="soon"))
    assert sqlite_importer(path).rejected == 1
    assert sqlite_importer(sqlite_importer.rejects_of(path)).rejected == 1


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(sqlite_importer, tmp_path, content):
    (tmp_path / "c.csv").write_bytes(content)
    with pytest.raises(InvalidInput, match=r"empty|no rows"):
        sqlite_importer(tmp_path / "c.csv")


@pytest.mark.parametrize("ending", ["xlsx", "parquet", "jsonl"])
def test_a_file_that_is_not_what_it_says_is_refused(sqlite_importer, tmp_path, ending):
    (tmp_path / f"c.{ending}").write_bytes(b"PK\x03\x04 or whatever")
    with pytest.raises(InvalidInput):
        sqlite_importer(tmp_path / f"c.{ending}")


def test_a_file_without_a_header_is_refused_without_quoting_it(sqlite_importer, tmp_path):
    with pytest.raises(InvalidInput, match="header: false") as refusal:
        sqlite_importer(write_csv(tmp_path / "c.csv", [a_row(1)], header=None))
    assert "Quill" not in str(refusal.value)


def test_a_file_without_a_header_is_read_by_column_numbers(sqlite_importer, tmp_path):
    path = write_csv(tmp_path / "c.csv", [a_row(1), a_row(2)], header=None)
    columns = {"external_id": 1, "given_name": 2, "family_name": 3, "birth_date": 4}
    assert sqlite_importer(path, Mapping(header=False, columns=columns)).created == 2


def test_a_header_that_stands_there_twice_is_refused_until_the_mapping_says_which(sqlite_importer, tmp_path):
    path = write_csv(tmp_path / "c.csv", [[*a_row(1), "other@example.org"]], [*HEADER, "E-Mail"])
    with pytest.raises(InvalidInput, match="twice"):
        sqlite_importer(write_csv(tmp_path / "d.csv", [[*a_row(1), "x"]], [*HEADER, "email"]))
    sqlite_importer(path, Mapping(columns={"email": 16}))
    assert sqlite_importer.customers()["K1"].email == "other@example.org"


def test_a_huge_field_and_an_open_quotation_mark_reject_their_row(sqlite_importer, tmp_path):
    path = tmp_path / "c.csv"
    rows = [a_row(1, address="x" * (LONGEST_FIELD + 1)), a_row(2), a_row(3, address="y" * 5_000)]
    write_csv(path, rows)
    job = sqlite_importer(path)
    assert (job.created, job.rejected) == (1, 2)
    assert "longer than a megabyte" in sqlite_importer.reasons(path)[0]


def test_rows_that_are_too_long_or_too_short(sqlite_importer, tmp_path):
    path = write_csv(tmp_path / "c.csv", [[*a_row(1), "more"], a_row(2)[:4]])
    job = sqlite_importer(path)
    assert (job.created, job.rejected) == (1, 1)
    assert sqlite_importer.reasons(path) == ["the row has more cells than there are headers"]


def _bad_cell(rng: random.Random) -> str:
    pool = "\x00\x07\u202e\ufffe\u3000é中😀'\";,|\\=+-@0123456789/.%{}[]<>\ud83d aAzZ"
    pool = pool.replace("\ud83d", "")
    kinds = (
        lambda: "".join(rng.choices(pool, k=rng.randrange(12))),
        lambda: rng.choice(["0000-00-00", "9999-99-99", "1e999", "-1", "NaN", "inf", "=1+1", "2024-02-30", "12/13/14"]),
        lambda: rng.choice(["null", "", "true", "[]", "{}", "0", "１２", "٣", "x" * 300, "a@b", "@", "+", "++1"]),
        lambda: str(rng.randrange(-(10**20), 10**20)),
    )
    return rng.choice(kinds)()


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_bad_rows_never_end_an_import_and_are_all_accounted_for(sqlite_importer, tmp_path, ending):
    rng = random.Random(5)
    rows = [a_row(n) for n in range(BAD_ROWS)]
    for row in rows:
        for _ in range(rng.randint(1, 6)):
            row[rng.randrange(len(row))] = _bad_cell(rng)
        if rng.random() < 0.1:
            row[rng.randrange(len(row)) :] = [_bad_cell(rng) for _ in range(rng.randrange(20))]
    path = tmp_path / f"c.{ending}"
    if ending == "csv":
        write_csv(path, rows)
        count = BAD_ROWS - sum(not row for row in rows)  # blank lines are no rows
    else:
        noise = ["{", "[1]", '"x"', "\ud83d".encode("utf-8", "replace").decode(), '{"id": "\\ud83d", "dob": {"a": []}}']
        lines = [json.dumps(dict(zip(HEADER, row, strict=False))) for row in rows]
        path.write_text("\n".join([*lines, *noise]), encoding="utf-8")
        count = BAD_ROWS + len(noise)
    job = sqlite_importer(path, batch=2_000)
    assert job.created + job.updated + job.unchanged + job.rejected == job.rows_done == count
    assert job.rejected > BAD_ROWS / 3
    assert len(sqlite_importer.customers()) == job.created
    if ending == "csv":
        assert len(reasons := sqlite_importer.reasons(path)) == job.rejected
        assert all(reasons)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_any_bytes_are_imported_rejected_or_refused(sqlite_importer, tmp_path, content):
    path = tmp_path / "c.csv"
    path.write_bytes(b"id,name,dob\n" + content)
    try:
        job = sqlite_importer(path)
    except InvalidInput:
        return
    assert job.created + job.updated + job.unchanged + job.rejected == job.rows_done


@pytest.mark.parametrize("cell", ["=cmd|'/c calc'!A1", "@SUM(1)", "+cmd|x", "-2+3+cmd|x", "\t=1", "\r=1", " =1"])
def test_a_cell_that_a_spreadsheet_would_run_is_defused(cell):
    assert defused(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["+44 20 7946 0958", "-12.50", "a=b", "", 5, None, "- ", "o'clock"])
def test_other_cells_stay_as_they_are(cell):
    assert defused(cell) == cell


def test_a_defused_cell_is_imported_as_it_was(sqlite_importer, tmp_path):
    path = tmp_path / "c.csv"
    with open_output(path, HEADER) as output:
        output.write(a_row(1, address="=cmd lane"))
    assert "'=cmd" in path.read_text()
    sqlite_importer(path)
    assert sqlite_importer.customers()["K1"].address["line"] == "=cmd lane"


def test_excel_holds_what_looks_like_a_formula_as_text(tmp_path):
    with open_output(tmp_path / "c.xlsx", ["a"]) as output:
        output.write(["=cmd|x"])
    cell = openpyxl.load_workbook(tmp_path / "c.xlsx").active["A2"]
    assert (cell.value, cell.data_type) == ("=cmd|x", "s")


def test_nothing_appears_when_writing_fails(tmp_path):
    def fail():
        with open_output(tmp_path / "c.csv", ["a"]) as output:
            output.write(["b"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []
