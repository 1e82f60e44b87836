"""Uploaded files: what they really are, and images without their hidden data."""

import io
import re
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from gateway.cleaning import storable
from gateway.errors import Refusal

_FORMATS = {"JPEG": ("image/jpeg", ".jpg"), "PNG": ("image/png", ".png"), "WEBP": ("image/webp", ".webp")}
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")
_PDF = b"%PDF-"
_PDF_END = b"%%EOF"
_PDF_END_WITHIN = 2_048
_LONGEST_NAME = 120
_UNSAFE_IN_NAMES = re.compile(r"[^\w.() -]+")


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that may be stored; `media_type` is what its content says, not what the sender said."""

    name: str
    media_type: str
    content: bytes


def check_file(name: str, content: bytes, *, most_pixels: int) -> CheckedFile:
    """Recognise a file by its content; images come back drawn anew, upright, and without location or other metadata.

    CPU-bound: call it in a thread.

    Raises:
        Refusal: bad_type for anything but a JPEG, PNG, WebP or PDF that can be read; too_large for an image
            of more than `most_pixels`.
    """
    if content.startswith(_PDF):
        if _PDF_END not in content[-_PDF_END_WITHIN:]:
            raise Refusal("bad_type")  # cut off on the way, or not a PDF after all
        return CheckedFile(_file_name(name, ".pdf"), "application/pdf", content)
    if not content.startswith(_SIGNATURES):
        raise Refusal("bad_type")
    return _redrawn(name, content, most_pixels)


def _redrawn(name: str, content: bytes, most_pixels: int) -> CheckedFile:
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=list(_FORMATS)) as image:
            warnings.simplefilter("ignore")  # Pillow's own bomb warning: the limit below is ours
            kind = image.format or ""
            if image.width * image.height > most_pixels:
                raise Refusal("too_large")  # before a pixel is decoded: the header is enough
            upright = ImageOps.exif_transpose(image)
            plain = _plain_pixels(upright, kind)
    except Refusal:
        raise
    except Image.DecompressionBombError as error:
        raise Refusal("too_large") from error
    except Exception as error:  # Pillow's decoders meet hostile files with exceptions of every kind
        raise Refusal("bad_type") from error
    media_type, ending = _FORMATS[kind]
    return CheckedFile(_file_name(name, ending), media_type, plain)


def _plain_pixels(image: Image.Image, kind: str) -> bytes:
    """The pixels alone, encoded anew: a new image carries no EXIF, XMP, comments or appended data."""
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    mode = "RGBA" if transparent and kind != "JPEG" else "RGB"
    pixels = image.convert(mode)
    pixels.info.clear()
    out = io.BytesIO()
    options: dict[str, object] = {"quality": 90} if kind != "PNG" else {}
    pixels.save(out, kind, **options)
    return out.getvalue()


def _file_name(name: str, ending: str) -> str:
    """A harmless name with the ending of the real type."""
    last = storable(name).replace("\\", "/").rpartition("/")[2]
    stem = _UNSAFE_IN_NAMES.sub("_", last.rpartition(".")[0] or last).strip(" ._") or "file"
    return stem[: _LONGEST_NAME - len(ending)] + ending
