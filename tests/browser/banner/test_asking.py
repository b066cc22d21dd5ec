"""What the banner does and does not do before and after a choice, in a real browser."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.banner.visitor import (
    ACCEPT,
    BANNER,
    MANAGE,
    PREFERENCES,
    REJECT,
    SETTINGS,
    WITHDRAW,
)

EXTERNAL = {"www.youtube-nocookie.com", "secure.gravatar.com"}
GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"
# What a person sees of a button: size, weight, colours.
LOOK = """each => {
    const style = getComputedStyle(each), box = each.getBoundingClientRect();
    return [box.width, box.height, style.fontSize, style.fontWeight, style.color,
            style.backgroundColor, style.borderColor, style.opacity, style.textDecorationLine];
}"""
CONTRAST = """each => {
    const light = text => text.match(/[0-9.]+/g).slice(0, 3).map(Number).map(part => {
        const share = part / 255;
        return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    }).reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
    const style = getComputedStyle(each);
    const [low, high] = [style.color, style.backgroundColor].map(light).sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
}"""


async def test_before_a_choice_nothing_is_asked_of_others_and_nothing_is_stored(visit):
    reader = await visit()

    await expect(reader.page.locator(BANNER)).to_be_visible()
    await reader.page.mouse.wheel(0, 2000)
    await reader.page.keyboard.press("Escape")
    await reader.page.locator("h1").click()

    assert reader.asked == []
    assert await reader.stored() == ([{}, {}], {})
    assert reader.sent == []
    assert reader.complaints == []
    await expect(reader.page.locator(BANNER)).to_be_visible()


async def test_a_refusal_holds_after_a_reload_and_leaves_nothing_to_be_recognised_by(visit):
    reader = await visit()

    await reader.answered(REJECT)
    first = await reader.choice()
    await reader.page.reload()
    await expect(reader.page.locator(SETTINGS)).to_be_visible()

    assert reader.asked == []
    assert await reader.choice() == first
    assert first["consentId"] == "-"
    assert set(first["data"]) == {"n", "l", "t", "w"}
    assert len(first["data"]["t"]) == len("2026-11-24")
    assert first["expirationTime"] % 86_400_000 == 0
    storage, cookies = await reader.stored()
    assert storage == [{}, {}]
    assert set(cookies) == {"cc_cookie"}
    [event] = reader.sent
    assert event["action"] == "reject_all"
    assert set(event["decisions"].values()) == {"refused"}
    assert (event["subject"], event["previous"], event["token"]) == (None, None, None)
    await expect(reader.page.locator(BANNER)).to_be_hidden()
    assert reader.complaints == []


async def test_two_refusals_of_two_people_cannot_be_told_apart(visit):
    cookies = []
    for _ in range(2):
        reader = await visit()
        await reader.answered(REJECT)
        cookies.append((await reader.stored())[1])

    assert cookies[0] == cookies[1]


async def test_what_is_allowed_is_loaded_recorded_and_remembered(visit, conn):
    reader = await visit()

    answer = await reader.answered(ACCEPT)
    receipt = (await answer.json())["receipt_id"]
    await expect(reader.page.locator("body")).to_have_attribute("data-counted", "yes")
    await reader.until_receipt(receipt)
    await reader.page.reload()
    await expect(reader.page.locator("body")).to_have_attribute("data-counted", "yes")

    assert set(reader.hosts) == {*EXTERNAL, "www.facebook.com"}
    [event] = reader.sent
    assert (event["action"], event["layer"]) == ("accept_all", "banner")
    assert set(event["services"].values()) == {"granted"}
    kept = await conn.fetchval("SELECT leaf FROM consent_entries WHERE receipt_id = $1", receipt)
    assert event["subject"] not in str(kept)
    assert reader.complaints == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
async def test_refusing_looks_like_accepting(visit, scheme, width):
    reader = await visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    await expect(reader.page.locator(BANNER)).to_be_visible()

    await reader.page.mouse.move(5, 5)
    first = [await reader.page.locator(each).evaluate(LOOK) for each in (ACCEPT, REJECT)]
    contrast = await reader.page.locator(REJECT).evaluate(CONTRAST)
    await reader.page.locator(MANAGE).press("Enter")
    await reader.until_preferences()
    second = [
        await reader.page.locator(f"{PREFERENCES} [data-role={role}]").evaluate(LOOK)
        for role in ("all", "necessary")
    ]

    assert first[0] == first[1]
    assert contrast >= 4.5
    assert second[0] == second[1]


async def test_one_press_withdraws_everything_as_one_press_allowed_it(visit):
    reader = await visit()
    answer = await reader.answered(ACCEPT)
    await reader.until_receipt((await answer.json())["receipt_id"])
    granted = reader.sent[0]
    reader.asked.clear()

    await reader.answered(WITHDRAW, key="Enter")
    await expect(reader.page.get_by_role("status")).to_contain_text("widerrufen")
    await expect(reader.page.locator("#first + .gh-placeholder")).to_be_visible()

    event = reader.sent[1]
    assert (event["action"], event["layer"]) == ("withdraw_all", "settings_page")
    assert event["subject"] == granted["subject"]
    assert event["previous"] is not None
    assert set((await reader.choice())["data"]) == {"n", "l", "t", "w"}
    assert set((await reader.stored())[1]) == {"cc_cookie"}
    assert reader.asked == []
    await expect(reader.page.locator(WITHDRAW)).to_be_hidden()
    await reader.page.reload()
    await expect(reader.page.locator("#first + .gh-placeholder")).to_be_visible()
    assert await reader.page.locator("body").get_attribute("data-counted") is None
    assert reader.complaints == []


async def test_what_one_tab_allowed_is_withdrawn_by_another_that_was_open_before(visit):
    reader = await visit()
    other = await reader.context.new_page()
    await other.goto(reader.page.url)
    await expect(other.locator(BANNER)).to_be_visible()
    answer = await reader.answered(ACCEPT)
    await reader.until_receipt((await answer.json())["receipt_id"])

    await other.bring_to_front()
    await other.dispatch_event("body", "visibilitychange")
    async with other.expect_response(lambda each: each.url.endswith("/events")):
        await other.locator(REJECT).click()

    granted, withdrawn = reader.sent
    assert withdrawn["action"] == "withdraw_all"
    assert withdrawn["subject"] == granted["subject"]
    assert set((await reader.choice())["data"]) == {"n", "l", "t", "w"}


async def test_each_purpose_can_be_allowed_alone(visit):
    reader = await visit()
    await expect(reader.page.locator(BANNER)).to_be_visible()
    toggles = reader.page.locator(f"{PREFERENCES} .section__toggle:not([disabled])")
    assert await toggles.evaluate_all("all => all.filter(each => each.checked).length") == 0

    await reader.allow_only("external")
    await expect(reader.page.locator("#first[src]")).to_be_attached()

    [event] = reader.sent
    assert (event["action"], event["layer"]) == ("save", "preferences")
    assert {purpose for purpose, said in event["decisions"].items() if said == "granted"} == {
        "external"
    }
    assert set(reader.hosts) == EXTERNAL


async def test_nobody_is_shut_in_or_out_by_the_keyboard(visit):
    reader = await visit()
    await expect(reader.page.locator(BANNER)).to_be_visible()

    # The banner takes the focus once, whenever it is there; a trap would keep it for ever.
    for _ in range(20):
        await reader.page.keyboard.press("Tab")
        if await reader.page.evaluate("document.activeElement.id") == "inside":
            break

    assert await reader.page.evaluate("document.activeElement.id") == "inside"
    assert await reader.page.locator(BANNER).get_attribute("aria-modal") is None


async def test_while_we_cannot_be_reached_the_choice_holds_and_is_sent_later(visit):
    reader = await visit()
    await expect(reader.page.locator(BANNER)).to_be_visible()
    reader.offline = True

    await reader.page.locator(REJECT).click()
    await expect(reader.page.locator(BANNER)).to_be_hidden()
    await reader.until_stored("gatehouse-queue")
    assert (await reader.choice())["categories"] == ["necessary"]
    await reader.page.reload()
    assert await reader.page.locator("h1").inner_text() == "Neues aus dem Rathaus"
    reader.offline = False
    async with reader.page.expect_response(lambda each: each.url.endswith("/events")) as answer:
        await reader.page.reload()

    assert (await answer.value).status == 201
    assert len({event["event_id"] for event in reader.sent}) == 1
    await reader.until_stored("gatehouse-queue", there=False)


async def test_a_token_that_has_run_out_is_fetched_anew(visit):
    reader = await visit()
    await expect(reader.page.locator(BANNER)).to_be_visible()
    reader.spoil_tokens = True

    async with asyncio.timeout(60):
        await reader.page.locator(ACCEPT).click()
        await reader.until_receipt()

    assert [event["token"] == "spoilt" for event in reader.sent] == [True, False]


async def test_a_browser_that_objects_to_sale_and_sharing_is_obeyed(visit):
    reader = await visit(script=GPC)

    await expect(reader.page.locator(BANNER)).to_contain_text("Global Privacy Control")
    await reader.answered(ACCEPT)
    await expect(reader.page.locator("#first[src]")).to_be_attached()

    [event] = reader.sent
    assert event["signals"]["gpc"] is True
    assert event["action"] == "save"
    assert event["decisions"] == {
        "statistics": "granted",
        "external": "granted",
        "social": "refused",
    }
    assert set(reader.hosts) == EXTERNAL


async def test_a_signal_that_comes_later_takes_back_what_it_objects_to(visit):
    reader = await visit()
    answer = await reader.answered(ACCEPT)
    await reader.until_receipt((await answer.json())["receipt_id"])
    reader.asked.clear()

    await reader.context.add_init_script(GPC)
    async with reader.page.expect_response(lambda each: each.url.endswith("/events")) as signal:
        await reader.page.reload()
    await expect(reader.page.locator("#first[src]")).to_be_attached()

    assert (await (await signal.value).json())["type"] == "signal"
    assert reader.sent[1]["layer"] == "signal"
    assert "social" not in (await reader.choice())["categories"]
    assert set(reader.hosts) == EXTERNAL
