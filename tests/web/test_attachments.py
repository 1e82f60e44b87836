"""Photos and PDF files: chosen, checked, sent with progress, and shown again."""

import io

from PIL import Image
from playwright.sync_api import Route, expect

from tests.web.fake_server import World
from tests.web.widget import Widget


def photo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 200), (90, 140, 130)).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_photo_goes_with_the_message_and_comes_back_in_history(widget: Widget, world: World) -> None:
    widget.choose_file("dent.png", "image/png", photo())
    expect(widget.tray).to_contain_text("dent.png")
    widget.exchange("my car", "You said: my car")
    assert world.received[0]["metadata"]["attachments"] == list(world.files)
    expect(widget.tray).to_be_hidden()
    widget.page.reload()
    image = widget.panel.get_by_role("img", name="Photo dent.png")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320


def test_a_file_can_be_sent_without_words(widget: Widget, world: World) -> None:
    widget.choose_file("report.pdf", "application/pdf", b"%PDF-1.4 a report")
    expect(widget.send_button).to_have_attribute("aria-disabled", "false")
    widget.send_button.click()
    expect(widget.panel.get_by_role("button", name="report.pdf 1 kB")).to_be_visible()
    assert world.received[0]["message"] == ""


def test_a_file_can_be_taken_out_again(widget: Widget, world: World) -> None:
    widget.choose_file("dent.png", "image/png", photo())
    widget.panel.get_by_role("button", name="Remove dent.png").click()
    expect(widget.tray).to_be_hidden()
    widget.exchange("no file", "You said: no file")
    assert "attachments" not in world.received[0]["metadata"]


def drop(widget: Widget, name: str, media_type: str, size: int) -> None:
    """Drag a file of `size` bytes over the chat and let it fall."""
    transfer = widget.page.evaluate_handle(
        """([name, type, size]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(size)], name, {type}));
            return transfer;
        }""",
        [name, media_type, size],
    )
    area = widget.panel.locator(".body")
    area.dispatch_event("dragenter", {"dataTransfer": transfer})
    expect(widget.panel.get_by_text("Drop photos or PDF files here")).to_be_visible()
    area.dispatch_event("drop", {"dataTransfer": transfer})
    expect(widget.panel.get_by_text("Drop photos or PDF files here")).to_be_hidden()


def test_what_cannot_be_sent_is_refused_with_the_reason(widget: Widget, world: World) -> None:
    problem = widget.tray.get_by_role("alert")
    drop(widget, "clip.mp4", "video/mp4", 100)
    expect(problem).to_have_text("“clip.mp4” cannot be sent. Please choose a photo (JPEG, PNG, WebP) or a PDF.")
    drop(widget, "huge.jpg", "image/jpeg", 10 * 1024 * 1024 + 1)
    expect(problem).to_have_text("“huge.jpg” is too large (10.1 MB). The limit is 10 MB.")
    assert world.files == {}


def test_a_file_can_be_dropped(widget: Widget) -> None:
    drop(widget, "dropped.pdf", "application/pdf", 100)
    expect(widget.tray).to_contain_text("dropped.pdf")


def test_an_upload_that_fails_can_be_tried_again(widget: Widget, world: World) -> None:
    widget.page.route("**/chat/attachments", lambda route: route.abort(), times=1)
    widget.choose_file("dent.png", "image/png", photo())
    expect(widget.tray.get_by_role("alert")).to_contain_text("“dent.png” could not be sent")
    widget.panel.get_by_role("button", name="Try dent.png again").click()
    expect(widget.send_button).to_have_attribute("aria-disabled", "false")
    assert len(world.files) == 1


def test_a_message_waits_for_its_file(widget: Widget, world: World) -> None:
    held: list[Route] = []
    widget.page.route("**/chat/attachments", lambda route: held.append(route))
    widget.choose_file("dent.png", "image/png", photo())
    widget.write("with a photo")
    expect(widget.tray).to_contain_text("as soon as the file has been sent")
    assert world.received == []
    held[0].continue_()
    expect(widget.texts.last).to_have_text("You said: with a photo")
    assert world.received[0]["metadata"]["attachments"] == list(world.files)
