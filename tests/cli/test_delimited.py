"""A user's table from bytes: what spreadsheets and scripts write is read, or refused by line."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cli.lib.delimited import table

ROWS = [{"a": "x", "b": "1", "c": "2"}, {"a": "y", "b": "3", "c": "4"}]


@pytest.mark.parametrize(
    "text",
    [
        "a,b,c\nx,1,2\ny,3,4\n",
        "a;b;c\r\nx;1;2\r\ny;3;4\r\n",
        "a\tb\tc\nx\t1\t2\ny\t3\t4",
        "a|b|c\rx|1|2\ry|3|4\r",
        "\n a , b,c \n\nx,1,2\n\ny,3,4\n\n",
        "sep=;\na;b;c\nx;1;2\ny;3;4\n",
        "# by tool 1.2, 2024\n# it's \"odd\n\na,b,c\nx,1,2\n# between\ny,3,4\n",
        "# a,b,c\nx,1,2\ny,3,4\n",
        '"a","b","c"\n"x","1","2"\ny,3,4\n',
    ],
)
def test_ways_to_write_one_table(text: str) -> None:
    for data in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
        assert table(data)[0].to_dict("records") == ROWS


def test_what_was_done_is_said() -> None:
    assert table(b"a,b\n1,2\n")[1] == ()
    assert table(b"# 1\n# 2\na,b\n1,2\n# 3\n")[1] == (
        "2 comment lines above the header",
        "1 comment line among the rows",
    )
    assert table(b"# a,b\n1,2\n")[1] == ("the comment of line 1 taken as the header",)
    frame, notes = table(b"a,b,c\n1\n1,2\n1,2,3\n")
    assert frame["c"].tolist() == ["", "", "3"]
    assert notes == ("2 rows end early, line 2 first: cells that lack are blank",)


def test_a_separator_or_a_line_may_be_in_a_cell() -> None:
    frame, _ = table(b'a;b\n"1;2";"x\n# no comment\ny"\n3;"1,014.45"\n')
    assert frame["a"].tolist() == ["1;2", "3"]
    assert frame["b"].tolist() == ["x\n# no comment\ny", "1,014.45"]


def test_what_begins_with_a_hash_may_be_data() -> None:
    assert list(table(b"#,x\n1,2\n")[0].columns) == ["#", "x"]
    assert table(b"rank,x\n#1,2\n#2,3\n")[0]["rank"].tolist() == ["#1", "#2"]
    assert table(b'name,x\n"#1",2\nb,3\n')[0]["name"].tolist() == ["#1", "b"]


def test_columns_without_a_name_have_a_place() -> None:
    assert list(table(b",x,\n0,1,2\n")[0].columns) == ["Unnamed: 0", "x", "Unnamed: 2"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no header"),
        (b"\n# nothing\n", "no header"),
        (b"family gmacs error\nA 1 30\n", "'family gmacs error' has no comma, semicolon, tab"),
        (b"a,b\n1,2\n\n1,2,3\n", "line 4 has 3 cells and the header has 2 (separated by commas)"),
        (b"a,b\n1,1,014.45\n", "line 2 has 3 cells"),
        (b"a;b,c\n1;2,3\n", "can be split at commas and semicolons"),
        (b"a,b\n1,2\n#3,4\n", "line 3 begins with # and has as many cells as a row"),
        (b'a,b\n1,"2\n3,4\n', "line 2: unexpected end of data; see to its quotes"),
        (b'a,b\n1,"2"3\n', "line 2: ',' expected after '\"'"),
        (b"a,b\n1,\xe9\n", "line 2 is no UTF-8 text (byte 0xe9); save it as UTF-8"),
        (b"a,b\n\0,1\n", "line 2 has a NUL character"),
        (b"\xff\xfea", "begins as UTF-16 and is not"),
    ],
)
def test_what_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)) as caught:
        table(data)
    assert len(str(caught.value).splitlines()) == 1


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), max_size=6)


@given(
    st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=5),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_a_quoted_table_comes_back(rows: list[tuple[str, str, str]], separator: str) -> None:
    """All quoted, nothing is in doubt but a header that the other separators split as well."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("g", "x", "y"), *rows])
    frame, notes = table(out.getvalue().encode())
    assert [tuple(row) for row in frame.to_numpy().tolist()] == rows
    assert notes == ()


@given(st.binary(max_size=80) | st.text('ab1,;\t|#"\n\r .=', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused_in_a_line(data: bytes) -> None:
    said = ""
    try:
        assert table(data)[0].shape[1] > 1
    except ValueError as error:
        said = str(error)
    assert len(said.splitlines()) <= 1
