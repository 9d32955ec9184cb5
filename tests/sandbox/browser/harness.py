"""What the walks through the sandbox's pages share: the program, the screen reader's tree, the keyboard, axe, small screens."""

import importlib.resources
import json
import re
import subprocess
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page

SAMPLES = 37
# A phone, a page at 200 % on a screen of 1280, a tablet upright and lying, a desktop.
WIDTHS = (320, 640, 768, 1024, 1280)
TAB_LIMIT = 80
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

TESTS = []


def test_of(kind):
    """Marks what is given a `kind`: who sits at which pages."""

    def mark(function):
        TESTS.append((function, kind))
        return function

    return mark


class Sandbox:
    """The program, with invented work on the desk."""

    def __init__(self, program: str, folder: str):
        self.folder = Path(folder)
        self.process = subprocess.Popen(
            [program, "--data", folder, "--samples", str(SAMPLES), "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        ready = json.loads(self.process.stdout.readline())
        self.config = json.loads(Path(ready["config"]).read_text(encoding="utf-8"))
        self.desk = self.config["desk"]

    def control(self, path: str, body=None):
        call = urllib.request.Request(
            f"{self.config['control']}/control/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Sandbox-Control": self.config["control_token"], "Content-Type": "application/json"},
        )
        return json.load(urllib.request.urlopen(call))

    def requests(self) -> list:
        return self.control("requests")

    def of_status(self, status: str) -> str:
        """The id of a request in that state."""
        return next(request["id"] for request in self.requests() if request["status"] == status)

    def status(self, request_id: str) -> str:
        return next(request["status"] for request in self.requests() if request["id"] == request_id)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Stand:
    """Browsers in front of the sandbox."""

    def __init__(self, sandbox: Sandbox, browser: Browser, pictures: Path):
        self.sandbox, self.browser, self.pictures = sandbox, browser, pictures


class Tree:
    """The accessibility tree, as a screen reader gets it."""

    def __init__(self, page: Page):
        session = page.context.new_cdp_session(page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        session.detach()
        by_id = {node["nodeId"]: node for node in nodes}
        in_order, ahead = [], nodes[:1]
        while ahead:
            node = ahead.pop()
            in_order.append(node)
            ahead.extend(by_id[child] for child in reversed(node.get("childIds", [])) if child in by_id)
        self.nodes = [Node(node) for node in in_order if not node.get("ignored")]

    def of(self, *roles: str) -> list:
        return [node for node in self.nodes if node.role in roles]

    def focused(self) -> "Node":
        # The document itself says it has the focus, too; what has it within comes later.
        return [node for node in self.nodes if node.properties.get("focused")][-1]


class Node:
    def __init__(self, node: dict):
        self.role = node.get("role", {}).get("value", "")
        self.name = node.get("name", {}).get("value", "").strip()
        self.description = node.get("description", {}).get("value", "")
        self.properties = {p["name"]: p["value"].get("value") for p in node.get("properties", [])}

    def __repr__(self):
        return f"{self.role} «{self.name}»"


def tab_to(page: Page, role: str, name: str, key="Tab") -> Node:
    """Goes on with the keyboard until the focus is on it; where the focus is can be seen at every stop."""
    seen = []
    for _ in range(TAB_LIMIT):
        page.keyboard.press(key)
        node = Tree(page).focused()
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline not in ("none", ""), f"no focus is seen on {node}"
        seen.append(node)
        if node.role == role and re.search(name, node.name):
            return node
    raise AssertionError(f"no {role} «{name}» by {key}: {seen}")


def told(page: Page) -> Node:
    """Where the focus is put by the page itself, once it is there."""
    page.locator("[autofocus]:focus").wait_for()
    return Tree(page).focused()


def enter(page: Page):
    with page.expect_navigation():
        page.keyboard.press("Enter")


def by_name(page: Page, name: str, lang: str):
    """Landmarks, headings in their order, and a name for everything that can be used."""
    tree = Tree(page)
    assert page.locator("html").get_attribute("lang") == lang, name
    assert len(tree.of("main")) == 1, name
    levels = [node.properties["level"] for node in tree.of("heading")]
    # What is wrong stands before the page's own heading.
    own = levels[1:] if tree.of("alert") and levels[0] != 1 else levels
    assert own and own[0] == 1 and own.count(1) == 1, f"{name}: {levels}"
    assert all(after <= before + 1 for before, after in zip(own, own[1:])), f"{name}: {levels}"
    for node in tree.of("link", "button", "textbox", "searchbox", "combobox", "checkbox", "heading", "group"):
        assert node.name, f"{name}: a {node.role} has no name"


STICKING_OUT = """() => [...document.querySelectorAll('body *')].filter(e => {
    const box = e.getBoundingClientRect();
    return box.width > 1 && !e.closest('.sr, .skip, thead') && (box.right > innerWidth + 1 || box.left < -1);
}).map(e => e.outerHTML.slice(0, 120))"""


def fits_every_width(page: Page, name: str):
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate("innerWidth") == width
        wide = page.evaluate("document.scrollingElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} wide at {width}"
        out = page.evaluate(STICKING_OUT)
        assert not out, f"{name} at {width}: {out}"


def enlarge(page: Page):
    """WCAG 1.4.4 by the browser's own setting."""
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": 32}})


def fits_enlarged(page: Page, name: str, width: int):
    # WCAG 1.4.12 as a user's style sheet would have it.
    page.evaluate("""() => { const sheet = new CSSStyleSheet();
        sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }');
        document.adoptedStyleSheets = [sheet]; }""")
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "32px"
    wide = page.evaluate("document.scrollingElement.scrollWidth")
    assert wide <= width, f"{name} is {wide} wide"
    cut = page.evaluate("""() => [...document.querySelectorAll('a, button, .pill, label, h1, h2, dd, td')].filter(e =>
        !e.closest('.skip') && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline').map(e => e.outerHTML.slice(0, 120))""")
    assert not cut, f"{name}: cut off: {cut}"


def axe(page: Page) -> dict:
    page.evaluate(importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    return page.evaluate("tags => axe.run({ runOnly: tags })", AXE_TAGS)


def axe_finds_nothing(page: Page, name: str):
    found = axe(page)
    wrong = [(v["id"], v["help"], [n["html"][:160] for n in v["nodes"]]) for v in found["violations"]]
    assert not wrong, f"{name}: {wrong}"
    assert len(found["passes"]) > 15, f"{name}: axe looked at nothing"
