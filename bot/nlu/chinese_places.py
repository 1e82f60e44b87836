"""Chinese addresses: 上海市浦东新区世纪大道100号, from the largest area to the door."""

import re
from collections.abc import Iterator, Mapping

_PIECE = re.compile(
    "[^,.;!?、。\n]{1,80}"
)  # no address is longer; without a limit, long runs take the square of their length
_WHEN = re.compile(
    "(?:.*(?:[上下中]午|[早晚]上|[今明昨前后]天|[今昨明][早晚]|周[一二三四五六日末]|(?:星期|礼拜)[一二三四五六日天]))+"
)


class ChineseAddresses:
    """Finds addresses by the kinds of streets, estates and doors of a grammar."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._pattern = _pattern(places)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yields first and last character of each address."""
        for piece in _PIECE.finditer(text):
            yield from self._in_piece(text, *piece.span())

    def _in_piece(self, text: str, place: int, end: int) -> Iterator[tuple[int, int]]:
        while match := self._pattern.search(text, place, end):
            when = _WHEN.match(match.group())  # "周六上午南京西路": the street begins behind the time
            if when:
                place = match.start() + when.end()
            else:
                yield match.span()
                place = match.end()


def _pattern(places: Mapping[str, str]) -> re.Pattern[str]:
    """A pattern for an address with a street and a door, or with two areas and a street or estate.

    `no_name` are characters of no name, `no_first` such as do not begin one, `yet` names that begin with them.
    """
    first = rf"(?:(?={places['yet']})|(?![{places['no_first']}]))"
    name = f"[^\\W\\da-zA-Z_{places['no_name']}]"
    area = rf"(?:{name}{{2,6}}?(?:省|自治区|市|区|县|镇|乡|村))"
    street = rf"{name}{{1,8}}?(?:{places['street']})(?:[一二三四五六七八九十\d]+段)?"
    number = r"[\d零〇一二三四五六七八九十百]+"
    door = rf"(?:[A-Za-z]?{number}(?:-\d+)*(?:{places['door']})|[A-Za-z](?:座|塔|栋|幢|区|单元)|[东南西北中]区)"
    building = rf"[A-Za-z]{{0,12}}{name}{{1,8}}?(?:{places['street']}|{places['estate']})"
    inside = rf"(?:\s?{door}|\s?{building})"
    room = r"(?:\s?[A-Za-z]?\d{1,5}(?:-\d{1,5})*(?![\dA-Za-z]))?"
    return re.compile(
        rf"{first}(?:{area}{{0,4}}{street}\s?{door}{inside}{{0,5}}{room}"
        rf"|{area}{{2,4}}(?:{street}|{building}){inside}{{0,5}}"
        rf"|{area}{{1,4}}{building}\s?{door}{inside}{{0,5}}{room})"
    )
