"""Other people's content stands in the page as data until it is allowed."""

import pytest
from playwright.async_api import expect

from consent.notices.document import Kind
from tests.browser.banner.visitor import BANNER, DIALOG, SETTINGS, WITHDRAW
from tests.consent import notice_factory

ONCE, ALWAYS = "button:has-text('Dieses eine Mal laden')", "button:has-text('YouTube immer laden')"


def beside(name):
    return f"#{name} + .gh-placeholder"


async def test_each_placeholder_says_whose_content_it_is_and_names_a_way_without_consent(visit):
    reader = await visit()
    video = reader.page.locator(beside("first"))

    await expect(video).to_have_attribute("aria-label", "YouTube")
    await expect(video).to_contain_text("Hier steht ein Inhalt von YouTube")
    await expect(video.get_by_role("link")).to_have_attribute(
        "href", "https://www.youtube.com/watch?v=first"
    )
    await expect(reader.page.locator(beside("like"))).to_contain_text("einfachen Link darunter")
    await expect(reader.page.locator(beside("avatar"))).to_have_text("A")
    assert reader.asked == []


async def test_a_press_loads_one_thing_once(visit):
    reader = await visit()

    await reader.page.locator(beside("first")).locator(ONCE).click()
    await expect(reader.page.locator("#first[src]")).to_be_visible()

    assert reader.asked == ["https://www.youtube-nocookie.com/embed/first"]
    assert reader.sent == []
    assert await reader.stored() == ([{}, {}], {})
    await expect(reader.page.locator(beside("second"))).to_be_visible()
    assert reader.complaints == []


async def test_a_press_allows_one_service_and_nothing_beside_it(visit):
    reader = await visit()

    await reader.answered(f"{beside('first')} {ALWAYS}")
    await expect(reader.page.locator("#second[src]")).to_be_visible()

    [event] = reader.sent
    assert [name for name, said in event["services"].items() if said == "granted"] == ["youtube"]
    assert [name for name, said in event["decisions"].items() if said == "granted"] == ["external"]
    assert set(reader.hosts) == {"www.youtube-nocookie.com"}
    await expect(reader.page.locator(beside("avatar"))).to_be_visible()
    await expect(reader.page.locator(BANNER)).to_be_hidden()


async def test_a_service_more_takes_nothing_away(visit):
    reader = await visit()
    await reader.allow_only("statistics")
    await reader.page.reload()

    await reader.answered(f"{beside('first')} {ALWAYS}", key="Enter")

    granted = {name for name, said in reader.sent[1]["services"].items() if said == "granted"}
    assert granted == {"matomo", "youtube"}


async def test_markup_of_others_comes_and_goes_as_a_whole(visit):
    reader = await visit()
    await expect(reader.page.locator(beside("post"))).to_be_visible()

    await reader.answered("#cc-main .cm [data-role=all]")
    await expect(reader.page.locator("#post + .gh-loaded iframe")).to_be_attached()
    await reader.until_receipt()
    await reader.answered(WITHDRAW, key="Enter")

    await expect(reader.page.locator(beside("post"))).to_be_visible()
    await expect(reader.page.locator(".gh-loaded")).to_have_count(0)


async def test_what_a_page_adds_later_stands_as_data_too(visit):
    reader = await visit()
    await expect(reader.page.locator(beside("first"))).to_be_visible()

    await reader.page.evaluate("""() => {
        const added = document.getElementById("first").cloneNode();
        added.id = "later";
        document.querySelector("main").append(added);
    }""")

    await expect(reader.page.locator(beside("later"))).to_be_visible()
    assert reader.asked == []


async def test_my_choices_say_what_when_and_in_which_words(visit):
    reader = await visit()
    answer = await reader.answered("#cc-main .cm [data-role=all]")
    said = await answer.json()
    await reader.until_receipt(said["receipt_id"])

    await reader.page.locator(SETTINGS).press("Enter")
    dialog = reader.page.locator(DIALOG)

    await expect(dialog).to_contain_text("Meine Entscheidungen")
    await expect(dialog.locator("dd")).to_have_text(["erlaubt"] * 5)
    await expect(dialog).to_contain_text("Entschieden am")
    await dialog.locator("summary").click()
    await expect(dialog.locator("details")).to_contain_text("Diese Seite funktioniert ohne")
    for link, kind in ((0, "text/html"), (1, "text/plain")):
        address = await dialog.locator(".gh-buttons a").nth(link).get_attribute("href")
        assert said["receipt_id"] in address
        fetched = await reader.context.request.get(address)
        assert fetched.headers["content-type"].startswith(kind)
    assert reader.complaints == []


async def test_my_choices_lead_to_a_change_and_to_a_withdrawal(visit):
    reader = await visit()
    await reader.answered("#cc-main .cm [data-role=all]")
    await reader.until_receipt()
    await reader.page.locator(SETTINGS).press("Enter")

    await reader.page.get_by_role("button", name="Auswahl ändern").click()
    await reader.until_preferences()
    await reader.page.keyboard.press("Escape")
    await reader.page.locator(SETTINGS).press("Enter")
    await reader.answered(f"{DIALOG} .gh-actions button:last-child")

    assert reader.sent[1]["action"] == "withdraw_all"


async def test_after_a_refusal_my_choices_keep_no_receipt_beyond_the_page(visit):
    reader = await visit()
    await reader.answered("#cc-main .cm [data-role=necessary]")
    await reader.page.reload()

    await reader.page.locator(SETTINGS).press("Enter")

    await expect(reader.page.locator(f"{DIALOG} dd")).to_have_text(["abgelehnt"] * 5)
    await expect(reader.page.locator(DIALOG)).to_contain_text("keinen Beleg")
    await expect(reader.page.locator(f"{DIALOG} .gh-buttons a")).to_have_count(0)


async def test_while_nothing_is_decided_the_link_asks(visit):
    reader = await visit()
    await expect(reader.page.locator(SETTINGS)).to_be_visible()

    await reader.page.locator(SETTINGS).press("Enter")

    await expect(reader.page.locator("#cc-main .pm")).to_be_visible()


@pytest.mark.parametrize(
    ("address", "title"),
    [("/de-AT", "Du entscheidest"), ("/ru", "Решаете вы"), ("/fr", "Your choice")],
)
async def test_the_banner_speaks_the_language_of_the_page(visit, address, title):
    reader = await visit(address)

    await expect(reader.page.locator(BANNER)).to_contain_text(title)
    await reader.answered("#cc-main .cm [data-role=necessary]")

    assert reader.sent[0]["lang"] == {"/de-AT": "de", "/ru": "ru", "/fr": "en"}[address]


async def test_a_blog_may_have_a_link_of_its_own(visit):
    reader = await visit("/de?foot")
    await expect(reader.page.locator(BANNER)).to_be_visible()

    await reader.page.locator(SETTINGS).press("Enter")

    await expect(reader.page.locator("#cc-main .pm")).to_be_visible()
    await expect(reader.page.locator(".gh-footer")).to_have_count(0)
    assert await reader.page.evaluate("location.hash") == ""


async def test_googles_tags_hear_no_before_and_the_choice_once_after(visit):
    reader = await visit()
    await expect(reader.page.locator(BANNER)).to_be_visible()
    heard = "window.dataLayer.map(each => [...each])"
    before = await reader.page.evaluate(heard)

    await reader.allow_only("statistics")
    after = await reader.page.evaluate(heard)

    [(command, kind, signals)] = before
    assert (command, kind) == ("consent", "default")
    assert {name for name, said in signals.items() if said == "granted"} == {"security_storage"}
    assert signals["wait_for_update"] == 500
    [_, (_, kind, signals)] = after
    assert kind == "update"
    assert {name for name, said in signals.items() if said == "granted"} == {
        "security_storage",
        "analytics_storage",
    }
    assert signals["ad_user_data"] == signals["ad_personalization"] == "denied"


async def test_where_no_cookie_is_kept_the_choice_holds_for_the_page(visit):
    refusing = "Object.defineProperty(Document.prototype, 'cookie', {get: () => '', set() {}})"
    reader = await visit(script=refusing)

    await reader.answered("#cc-main .cm [data-role=all]")
    await expect(reader.page.locator("#first[src]")).to_be_attached()
    await reader.answered(WITHDRAW, key="Enter")

    await expect(reader.page.locator(beside("first"))).to_be_visible()
    assert await reader.context.cookies() == []
    assert reader.complaints == []


async def test_beside_a_comment_form_stands_what_happens_to_the_comment(visit, conn, site):
    notice = await notice_factory.publish(conn, site, Kind.COMMENT_PROCESSING)
    reader = await visit("/ru?form")
    place = reader.page.locator("[data-gatehouse=comment-notice]")
    await expect(place.locator("summary")).to_have_text(notice.notice.texts["ru"].title)
    assert reader.sent == []

    await place.get_by_role("checkbox").check()
    async with reader.page.expect_response(lambda each: each.url.endswith("/events")) as answer:
        await reader.page.locator("#send").click()
    assert (await answer.value).status == 201

    # The page is left at once: what it could not hear any more is sent again from the next one.
    event = reader.sent[0]
    assert {each["event_id"] for each in reader.sent} == {event["event_id"]}
    assert (event["action"], event["layer"]) == ("acknowledge", "comment_form")
    assert (event["notice"], event["lang"]) == (notice.sha256, "ru")
    assert event["subject"] is None
    assert reader.complaints == []
