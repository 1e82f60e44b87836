import re

import pytest

from gateway.desk.charts import Bar, columns, round_up, rows


def boxes(svg):
    """x, y, width and height of every bar."""
    found = re.findall(
        r'<rect class="column part-\d" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', svg
    )
    return [tuple(map(float, each)) for each in found]


def axis(svg):
    return re.findall(r'text-anchor="end">([^<]+)<', svg)


def test_the_axis_begins_at_zero_and_heights_are_in_proportion():
    svg = columns([Bar("a", (10,), ""), Bar("b", (20,), "")], told="x")

    (_, _, _, one), (_, _, _, two) = boxes(svg)
    assert axis(svg)[0] == "0"
    assert two == pytest.approx(2 * one, abs=0.2)


def test_parts_stand_on_each_other():
    low, high = boxes(columns([Bar("a", (10, 5), "")], told="x"))

    assert high[1] + high[3] == pytest.approx(low[1], abs=0.2)


def test_no_case_is_no_bar_and_zero_is_a_line():
    assert boxes(columns([Bar("a", None, "")], told="x")) == []
    assert [box[3] for box in boxes(columns([Bar("a", (0,), "")], told="x"))] == [1.5]


def test_shares_reach_to_a_hundred():
    assert axis(columns([Bar("a", (12,), "")], told="x", top=100, unit=" %"))[-1] == "100 %"


def test_how_many_cases_stands_below():
    assert "n=7" in columns([Bar("a", (12,), "", 7)], told="x")


def test_many_labels_do_not_stand_on_each_other():
    svg = columns([Bar(f"{hour:02}", (1,), "") for hour in range(24)], told="x")

    assert svg.count('text-anchor="middle"') == 12


def test_lying_bars_have_their_number_at_the_end():
    svg = rows([Bar("Complaint", (3,), ""), Bar("Emergency", (1,), "")], told="x")

    (_, _, first, _), (_, _, second, _) = boxes(svg)
    assert first == pytest.approx(3 * second, abs=0.2)
    assert ">3<" in svg


def test_words_are_escaped():
    assert "<script" not in columns([Bar("<script>", (1,), "<script>")], told='"<script>')


@pytest.mark.parametrize(("highest", "end"), [(0, 1), (3, 4), (7, 8), (9.5, 10), (100, 100), (101, 200), (0.3, 0.4)])
def test_an_axis_ends_at_a_round_number_that_is_not_below(highest, end):
    assert round_up(highest) == pytest.approx(end)


@pytest.mark.parametrize(("highest", "end"), [(0, 4), (1, 4), (5, 8), (22, 40)])
def test_counts_have_whole_ticks(highest, end):
    assert round_up(highest, whole=True) == end
