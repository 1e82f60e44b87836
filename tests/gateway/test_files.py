"""Uploads: what is taken, what is refused, and who gets it back."""

import io
import struct
import zlib

import httpx
import pytest
from PIL import Image
from PIL.Image import Exif

from gateway.attachments import check_file
from gateway.errors import Refusal
from tests.gateway.harness import house

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
PIXELS = 1_000_000


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as built:
        yield built


def image(kind="JPEG", size=(60, 40), **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
    return out.getvalue()


def located_photo() -> bytes:
    """A photo that says where it was taken, and that it has to be turned to stand upright."""
    exif = Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SECRET CAMERA"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return image(exif=exif, comment=b"SECRET COMMENT") + b"SECRET TAIL"


def bomb() -> bytes:
    """A small PNG that claims 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


async def upload(home, customer, content, name="photo.jpg", session=None, **headers):
    async with httpx.AsyncClient(base_url=home.url) as http:
        return await http.post(
            "/chat/attachments",
            files={"file": (name, content, "application/octet-stream")},
            data={"session_id": session or customer.session},
            headers={"X-Careline-Browser": customer.token, **headers},
        )


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_images_are_recognised_by_their_content(kind, media_type):
    checked = check_file("damage.exe", image(kind), most_pixels=PIXELS)
    assert checked.media_type == media_type
    assert Image.open(io.BytesIO(checked.content)).format == kind
    assert not checked.name.endswith("exe")


def test_a_photo_loses_its_location_and_stands_upright():
    checked = check_file("IMG_1.JPG", located_photo(), most_pixels=PIXELS)
    drawn = Image.open(io.BytesIO(checked.content))
    assert drawn.size == (40, 60)
    assert dict(drawn.getexif()) == {}
    assert b"SECRET" not in checked.content
    assert checked.name == "IMG_1.jpg"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "bad_type"),
        (b"MZ\x90\x00", "bad_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "bad_type"),
        (b"GIF89a" + b"\0" * 50, "bad_type"),
        (b"\xff\xd8\xff\xe0 not really", "bad_type"),
        (b"RIFF1234WAVEfmt ", "bad_type"),
        (image()[:300], "bad_type"),
        (b"%PDF-1.7 cut off", "bad_type"),
        (bomb(), "too_large"),
    ],
)
def test_what_is_not_a_photo_or_pdf_is_refused(content, code):
    with pytest.raises(Refusal) as refused:
        check_file("x.jpg", content, most_pixels=PIXELS)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\x\\y.pdf", "", "\x00\r\n", "a" * 500, "…/<b>.pdf", "\ud83d.pdf"]
)
def test_names_become_harmless(name):
    checked = check_file(name, PDF, most_pixels=PIXELS)
    assert checked.name.endswith(".pdf")
    assert len(checked.name) <= 120
    assert not set(checked.name) & set('/\\<>"\r\n\x00')


async def test_an_uploaded_photo_goes_with_a_message_and_comes_back(home):
    customer = await home.customer()
    stored = await upload(home, customer, located_photo())
    assert stored.status_code == 200
    file = stored.json()
    assert file["media_type"] == "image/jpeg"
    assert (await customer.say("the damage", attachments=[file["id"]]))["ok"] is True
    await customer.hears(1)
    assert home.bot.turns[0]["attachments"] == [{"id": file["id"], "name": file["name"], "media_type": "image/jpeg"}]
    await customer.open(customer.session)
    assert customer.of("history")[-1]["messages"][0]["attachments"] == [file]
    async with httpx.AsyncClient(base_url=home.url) as http:
        back = await http.get(
            f"/chat/attachments/{file['id']}",
            params={"session_id": customer.session},
            headers={"X-Careline-Browser": customer.token},
        )
    assert back.content.startswith(b"\xff\xd8\xff")
    assert back.headers["content-type"] == "image/jpeg"
    assert back.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in back.headers["content-security-policy"]
    assert "no-store" in back.headers["cache-control"]


async def test_files_alone_make_a_message(home):
    customer = await home.customer()
    file = (await upload(home, customer, PDF, "report.pdf")).json()
    assert (await customer.say("", attachments=[file["id"]]))["ok"] is True


async def test_a_file_is_sent_once(home):
    customer = await home.customer()
    file = (await upload(home, customer, PDF, "report.pdf")).json()
    await customer.say("first", attachments=[file["id"]])
    assert (await customer.say("again", attachments=[file["id"]]))["error"]["code"] == "bad_attachment"


async def test_a_stranger_can_neither_upload_to_nor_read_from_a_session(home):
    customer, stranger = await home.customer(), await home.customer()
    file = (await upload(home, customer, PDF, "report.pdf")).json()
    assert (await upload(home, stranger, PDF, session=customer.session)).status_code == 404
    assert (await stranger.say("mine now", attachments=[file["id"]]))["error"]["code"] == "bad_attachment"
    async with httpx.AsyncClient(base_url=home.url) as http:
        for token in (stranger.token, "", "forged.token"):
            for session in (customer.session, stranger.session):
                answer = await http.get(
                    f"/chat/attachments/{file['id']}",
                    params={"session_id": session},
                    headers={"X-Careline-Browser": token},
                )
                assert answer.status_code == 404


async def test_a_foreign_page_cannot_upload(home):
    customer = await home.customer()
    answer = await upload(home, customer, PDF, Origin="https://evil.example")
    assert answer.status_code == 403


async def test_what_is_too_large_is_refused(tmp_path):
    async with house(tmp_path, upload_bytes=100_000) as home:
        customer = await home.customer()
        for size in (100_001, 500_000):
            answer = await upload(home, customer, PDF + b"0" * size)
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")

        async def endless():
            for _ in range(100):
                yield b"0" * 10_000

        async with httpx.AsyncClient(base_url=home.url) as http:
            head = {"X-Careline-Browser": customer.token, "Content-Type": "multipart/form-data; boundary=x"}
            answer = await http.post("/chat/attachments", content=endless(), headers=head)
        assert answer.status_code in (400, 413)


async def test_uploads_are_limited_in_number(tmp_path):
    async with house(tmp_path, upload_burst=2, upload_rate=0.001) as home:
        customer = await home.customer()
        statuses = [(await upload(home, customer, PDF)).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b"--x\r\ngarbage"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\ntext\r\n--x--"),
        ("multipart/form-data; boundary=\xe9", b"\xff" * 100),
        ("application/json", b'{"file":1}'),
        ("", b""),
    ],
)
async def test_malformed_uploads_are_refused(home, head, body):
    async with httpx.AsyncClient(base_url=home.url) as http:
        answer = await http.post("/chat/attachments", content=body, headers={"Content-Type": head.encode("latin-1")})
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]["code"]


async def test_no_photo_lies_readable_in_the_folder(home, tmp_path):
    customer = await home.customer()
    marked = PDF + b"UNMISTAKABLE" * 200_000 + b"%%EOF"
    assert (await upload(home, customer, marked, "report.pdf")).status_code == 200
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"UNMISTAKABLE" not in path.read_bytes()
