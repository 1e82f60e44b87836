"""What a person does with the widget, in the words of the tests."""

from dataclasses import dataclass

from playwright.sync_api import FilePayload, Locator, Page, expect


@dataclass
class Widget:
    """The widget on a page."""

    page: Page
    touch: bool = False

    @property
    def launcher(self) -> Locator:
        return self.page.locator("careline-chat .launcher")

    @property
    def panel(self) -> Locator:
        return self.page.locator("careline-chat .panel")

    @property
    def field(self) -> Locator:
        return self.panel.get_by_role("textbox")

    @property
    def send_button(self) -> Locator:
        return self.panel.locator(".cl-send")

    @property
    def messages(self) -> Locator:
        return self.panel.locator(".cl-msg")

    @property
    def texts(self) -> Locator:
        return self.panel.locator(".cl-msg .cl-text")

    @property
    def replies(self) -> Locator:
        return self.panel.locator(".cl-replies button")

    @property
    def state(self) -> Locator:
        return self.panel.locator(".state")

    @property
    def spoken(self) -> Locator:
        return self.page.locator("careline-chat .aloud p")

    @property
    def tray(self) -> Locator:
        return self.panel.locator(".cl-tray")

    def open(self) -> None:
        self.launcher.click()
        expect(self.field).to_be_visible()
        expect(self.state).to_have_text("")

    def write(self, text: str) -> None:
        self.field.fill(text)
        if self.touch:  # Enter makes a new line where there is an on-screen keyboard
            self.send_button.tap()
        else:
            self.field.press("Enter")

    def exchange(self, text: str, answer: str) -> None:
        """Write a text and wait for the answer."""
        self.write(text)
        expect(self.texts.last).to_have_text(answer)

    def choose_file(self, name: str, media_type: str, content: bytes) -> None:
        files: list[FilePayload] = [{"name": name, "mimeType": media_type, "buffer": content}]
        self.panel.locator("input[type=file]").set_input_files(files)

    def focused(self) -> str:
        """The role or class of what has the focus, through all shadow roots."""
        return self.page.evaluate(
            """() => {
                let element = document.activeElement;
                while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
                return element?.getAttribute("role") ?? element?.className ?? "";
            }"""
        )
