import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import blocks, tables

CELLS = st.text(alphabet='ab",;\n\r\t 张é', max_size=12)


def _joined(path, encoding, size):
    return list(blocks.blocks(path, encoding, size))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=30), st.integers(1, 64))
def test_every_block_ends_where_a_row_does(tmp_path_factory, rows, size):
    path = tmp_path_factory.mktemp("blocks") / "t.csv"
    quoted = ['"' + '","'.join(cell.replace('"', '""') for cell in row) + '"' for row in rows]
    path.write_bytes("\n".join(quoted).encode())
    parts = _joined(path, "utf_8", size)
    assert b"".join(parts) == path.read_bytes()
    assert all(part.count(b'"') % 2 == 0 for part in parts)
    assert all(part.endswith(b'"\n') for part in parts[:-1])


def test_other_encodings_come_as_utf_8_without_a_mark(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("名,值\r\n张三,1\r\n".encode("utf-16"))
    assert b"".join(_joined(path, "utf_16", 3)) == "名,值\r\n张三,1\r\n".encode()


def test_no_more_than_a_block_and_a_row_is_held(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"12345,67890\n" * 1000)
    assert max(map(len, _joined(path, "utf_8", 100))) < 100 + 12


@pytest.mark.parametrize("size", [7, 64, 1 << 20])
def test_a_table_is_the_same_however_it_is_cut(tmp_path, monkeypatch, size):
    path = tmp_path / "t.csv"
    frame = pl.DataFrame({"name": ['Ann "A"', "Bo\nJr", None, "张三", "x"], "n": ["1", "2", "3", None, "5"]})
    path.write_bytes(b"\n" + _csv(frame))
    monkeypatch.setattr(tables, "blocks", lambda path, encoding: blocks.blocks(path, encoding, size))
    assert tables.read(path).equals(frame)


def _csv(frame):
    out = io.BytesIO()
    frame.write_csv(out)
    return out.getvalue()
