"""The pieces of an Atom document (RFC 4287) that every feed of the page is made of."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET

XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
EPOCH: Final = "1970-01-01T00:00:00+00:00"  # when a feed without entries was updated
_ATOM = "http://www.w3.org/2005/Atom"
# What XML 1.0 cannot hold at all (2.2 Characters); a title from a feed may.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed() -> ET.Element:
    """Begin a document."""
    ET.register_namespace("", _ATOM)
    return ET.Element(f"{{{_ATOM}}}feed")


def add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    """Add an element; what XML cannot hold becomes U+FFFD."""
    clean = {key: _NOT_XML.sub("\ufffd", value) for key, value in attributes.items()}
    made = ET.SubElement(parent, f"{{{_ATOM}}}{name}", clean)
    made.text = _NOT_XML.sub("\ufffd", text) or None
    return made
