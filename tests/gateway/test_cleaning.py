import pytest

from gateway.attachments import check_file
from gateway.cleaning import storable

PDF = b"%PDF-1.4\n%%EOF\n"


CARDS = [
    "4111111111111111",
    "4111 1111 1111 1111",
    "４１１１ １１１１ １１１１ １１１１",
    "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
]


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("around", ["my card {} thanks", "我的卡号是{}请扣款", "卡{}\n到期12/27"])
def test_a_card_number_is_masked_before_a_message_is_stored(card, around):
    assert storable(around.format(card)) == around.format("••• 1111")


@pytest.mark.parametrize("name", ["4111 1111 1111 1111.pdf", "card_4111-1111-1111-1111.pdf", "卡4111111111111111.pdf"])
def test_a_card_number_is_masked_in_the_name_of_a_file(name):
    checked = check_file(name, PDF, most_pixels=1)
    assert "4111" not in checked.name
    assert checked.name.endswith("1111.pdf")
