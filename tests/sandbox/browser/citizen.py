"""The pages on which a citizen signs in and pays, at ДАН, the sample bank, the portal and QPay: in both languages at once, without a script."""

import base64
import json
import re
import sqlite3
import urllib.parse
import uuid
from pathlib import Path

from playwright.sync_api import Page

from harness import Stand, Tree, axe_finds_nothing, by_name, enlarge, enter, fits_enlarged, fits_every_width, tab_to, test_of

# Neither Mongolian nor English, or both.
NO_LANGUAGE = {"QR", "base64"}
SEEDS = json.loads((Path(__file__).parents[1] / "data" / "citizens.json").read_text(encoding="utf-8"))
YOUNG = max(SEEDS, key=lambda citizen: citizen["birth_date"])


class Front(Stand):
    """A citizen's browser."""

    def page(self, width=1280, height=900, script=False, dark=False, zoom=1, bypass_csp=False) -> Page:
        context = self.browser.new_context(
            java_script_enabled=script,
            viewport={"width": width, "height": height},
            device_scale_factor=zoom,
            color_scheme="dark" if dark else "light",
            bypass_csp=bypass_csp,
            base_url=self.origin,
            ignore_https_errors=True,  # the sandbox certifies itself
        )
        return context.new_page()

    @property
    def origin(self) -> str:
        return self.sandbox.config["origin"]

    @property
    def citizens(self) -> list:
        return self.sandbox.config["citizens"]

    def at_dan(self, page: Page):
        """As the app's gateway sends its citizens."""
        scope = [{"services": ["WS100101_getCitizenIDCardInfo", "WS100202_getPropertyList"], "wsdl": f"{self.origin}/wsdl"}]
        page.goto("/dan/oauth2/authorize?" + urllib.parse.urlencode({
            "response_type": "code",
            "client_id": "e-mongolia-gateway",
            "redirect_uri": f"{self.origin}/oauth/dan-callback",
            "state": "Ө",
            "scope": base64.b64encode(json.dumps(scope).encode()).decode(),
        }))

    def at_the_portal(self, page: Page, phone_says: str):
        """A page that waits, and what the phone's answer makes of it."""
        page.goto("/web/sign-in")
        with sqlite3.connect(self.sandbox.folder / "sandbox.db", timeout=20) as tables:
            tables.execute(
                """UPDATE web_sign_ins SET state = ?, answered_at = asked_at, seen_by = (SELECT min(sub) FROM citizens)
                   WHERE state = 'open'""",
                [phone_says],
            )
        tables.close()
        page.goto("/web/sign-in")

    def at_the_till(self, page: Page):
        """QPay's page for an invoice that nobody has paid yet."""
        self.sandbox.control("pay/traps", {"callback": "never"})  # there is no merchant
        invoice = str(uuid.uuid4())
        with sqlite3.connect(self.sandbox.folder / "sandbox.db", timeout=20) as tables:
            tables.execute(
                """INSERT INTO qpay_invoices (id, sender_invoice_no, description, amount_mnt, callback_url)
                   VALUES (?, ?, 'Иргэний үнэмлэх дахин захиалах', 25000, ?)""",
                [invoice, f"AB-{invoice[:8]}", f"{self.origin}/nobody"],
            )
        tables.close()
        page.goto(f"/qpay/pay/{invoice}")

    def each_page(self, page: Page, citizen=0):
        """A page of each kind. A citizen gets few codes an hour, so walks take different ones."""
        regnum, code = self.citizens[citizen]["regnum"], self.citizens[citizen]["code"]

        def press(value, **fields):
            for name, text in fields.items():
                page.locator(f"#{name.replace('_', '-')}").fill(text)
            with page.expect_navigation():
                page.locator(f"button[value={value}]").first.click()

        def another_way(way):
            self.at_dan(page)
            press(way, regnum_other=regnum)

        self.at_dan(page)
        yield "choose"
        press("approve", regnum=regnum, code="000000")
        yield "a wrong code"
        for _ in range(4):
            press("approve", regnum=regnum, code="000000")
        yield "locked"
        another_way("sms_sent")
        yield "a code was sent"
        another_way("sms_received")
        yield "a code is to be sent"
        press("approve")
        yield "it has not come"
        another_way("signature")
        yield "signature"
        another_way("bank")
        yield "bank"
        press("approve", user="Өө", password="Үү")
        yield "a wrong password"
        press("deny")
        yield "the bank declined"
        self.at_dan(page)
        press("approve", regnum=regnum, code=code)
        yield "consent"
        press("approve")
        yield "of no sign-in"
        self.at_dan(page)
        press("approve", regnum=YOUNG["regnum"], code=YOUNG["one_time_code"])
        yield "too young"
        page.goto("/dan/oauth2/authorize")
        yield "useless"
        page.goto("/web/s/AAAAAAAAAAAAAAAAAAAAAA")
        yield "for the app"
        page.goto("/web/sign-in")
        yield "portal"
        for answer in ("refused", "burnt", "approved"):
            page.context.clear_cookies()
            self.at_the_portal(page, answer)
            yield f"portal, {answer}"
        self.at_the_till(page)
        yield "to be paid"
        press("khokh")
        yield "paid"
        page.goto("/qpay/pay/none")
        yield "no such invoice"


test = test_of(Front)


@test
def a_citizen_signs_in_with_the_keyboard_alone(front: Front):
    page = front.page()
    citizen = front.citizens[0]
    front.at_dan(page)
    tab_to(page, "textbox", "Регистрийн дугаар Registration number")
    page.keyboard.type(citizen["regnum"])
    tab_to(page, "textbox", "Нэг удаагийн код One-time code")
    page.keyboard.type(citizen["code"])
    tab_to(page, "button", "Үргэлжлүүлэх Continue")
    enter(page)
    assert "Зөвшөөрөл" in page.title()
    tab_to(page, "button", "Татгалзах Refuse")
    tab_to(page, "button", "Зөвшөөрөх Agree", key="Shift+Tab")
    enter(page)
    assert page.url.startswith(f"{front.origin}/oauth/dan-callback?code="), page.url


@test
def a_citizen_comes_through_the_bank_with_the_keyboard_alone(front: Front):
    page = front.page()
    front.at_dan(page)
    tab_to(page, "button", "Through a bank")
    enter(page)
    account = page.locator("tbody tr").first.locator("code").all_inner_texts()
    tab_to(page, "textbox", "Нэвтрэх нэр User name")
    page.keyboard.type(account[1])
    tab_to(page, "textbox", "Нууц үг Password")
    page.keyboard.type(account[2])
    tab_to(page, "button", "Нэвтрэх Sign in")
    enter(page)
    assert "Зөвшөөрөл" in page.title()


@test
def a_browser_waits_is_let_in_and_signs_out_with_the_keyboard_alone(front: Front):
    page = front.page()
    page.goto("/web/sign-in")
    tab_to(page, "link", "Open in the app on this phone")
    tab_to(page, "button", "I have chosen it")
    enter(page)
    assert Tree(page).of("status"), "no answer yet, and nobody says so"
    front.at_the_portal(page, "approved")
    assert "та нэвтэрлээ" in page.locator("h1").inner_text()
    tab_to(page, "button", "Sign out")
    enter(page)
    front.at_the_portal(page, "burnt")
    tab_to(page, "button", "Start again")
    enter(page)
    assert page.locator("svg[role=img]").count() == 1


@test
def a_screen_reader_finds_one_heading_and_names_and_each_language_is_marked(front: Front):
    page = front.page(script=True)
    for name in front.each_page(page, 1):
        by_name(page, name, "mn")
        spoken = page.evaluate("""() => {
            const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
            const said = { mn: [], en: [] };
            while (walker.nextNode()) {
                const within = walker.currentNode.parentElement;
                if (!within.closest('code, output, pre, .sandbox li')) {
                    said[within.closest('[lang]').lang].push(walker.currentNode.data);
                }
            }
            return said;
        }""")
        assert spoken["en"] and spoken["mn"], f"{name} is in one language only"
        latin = [word for word in re.findall(r"[A-Za-z]{2,}\d*", " ".join(spoken["mn"])) if word not in NO_LANGUAGE]
        assert not latin, f"{name}: read as Mongolian: {latin}"
        cyrillic = re.findall(r"[А-Яа-яӨөҮүЁё]{2,}", " ".join(spoken["en"]))
        assert not cyrillic, f"{name}: read as English: {cyrillic}"


@test
def a_citizens_page_scrolls_sideways_at_no_width(front: Front):
    page = front.page(zoom=2)
    for name in front.each_page(page, 2):
        fits_every_width(page, name)


@test
def a_citizens_page_fits_with_letters_twice_as_large(front: Front):
    page = front.page()
    enlarge(page)
    for name in front.each_page(page, 3):
        fits_enlarged(page, name, 1280)


@test
def axe_finds_nothing_at_a_citizens_pages_in_the_light(front: Front):
    page = front.page(script=True, bypass_csp=True)
    for name in front.each_page(page, 4):
        axe_finds_nothing(page, name)


@test
def axe_finds_nothing_at_a_citizens_pages_in_the_dark_on_a_phone(front: Front):
    page = front.page(width=390, height=844, script=True, dark=True, bypass_csp=True)
    for name in front.each_page(page, 5):
        axe_finds_nothing(page, name)


@test
def no_citizens_page_needs_or_breaks_the_policy_and_nothing_comes_from_elsewhere(front: Front):
    page = front.page(script=True)
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    for _ in front.each_page(page, 6):
        pass
    said = [text for text in said if "status of 4" not in text]  # the pages that are meant to say no
    assert not said, said
    assert asked and all(url.startswith((f"{front.origin}/", "data:,")) for url in asked), asked
