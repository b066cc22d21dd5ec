"""What a new notice does to those who decided under an older one."""

import asyncio
import copy

from playwright.async_api import expect

from tests.browser.banner.visitor import ACCEPT, BANNER, REJECT
from tests.consent import notice_factory


async def follow(conn, client, site, change_class, **changes):
    """Publish the next version, and wait until pages are given it."""
    edition = await notice_factory.publish(conn, site, change_class=change_class, **changes)
    async with asyncio.timeout(60):
        while True:
            async with client.get(f"/consent/{site.name}/banner.js") as response:
                if edition.sha256 in await response.text():
                    return edition
            await asyncio.sleep(0.05)


def retitled(title):
    texts = copy.deepcopy(notice_factory.notice()["texts"])
    texts["de"]["title"] = title
    return texts


def with_a_purpose_more():
    notice = notice_factory.notice()
    purposes, texts = copy.deepcopy((notice["purposes"], notice["texts"]))
    purposes.append({**purposes[1], "id": "reading", "services": []})
    for said in texts.values():
        said["purposes"]["reading"] = {"title": "Reading", "description": "More of it."}
    return {"purposes": purposes, "texts": texts}


async def test_a_new_wording_asks_nobody(visit, conn, client, site):
    reader = await visit()
    await reader.answered(REJECT)
    await follow(conn, client, site, "editorial", texts=retitled("Ganz neu"))

    await reader.afresh()
    await expect(reader.page.locator("[data-gatehouse=settings]")).to_be_visible()

    await expect(reader.page.locator(BANNER)).to_be_hidden()
    await expect(reader.page.get_by_role("status")).to_have_count(0)
    assert len(reader.sent) == 1


async def test_new_processing_is_asked_about_by_a_banner_that_says_so(visit, conn, client, site):
    reader = await visit()
    await reader.answered(ACCEPT)
    await reader.until_receipt()
    reader.asked.clear()
    edition = await follow(conn, client, site, "new_processing", **with_a_purpose_more())

    await reader.afresh()
    await expect(reader.page.locator(BANNER)).to_contain_text("etwas Neues hinzugekommen")
    assert reader.asked == []
    await reader.answered(REJECT)

    event = reader.sent[1]
    assert event["notice"] == edition.sha256
    assert event["action"] == "withdraw_all"
    assert event["subject"] == reader.sent[0]["subject"]


async def test_a_material_change_is_said_once_and_acknowledged(visit, conn, client, site):
    reader = await visit()
    await reader.answered(REJECT)
    controller = {**notice_factory.notice()["controller"], "email": "neu@blatt.example"}
    await follow(conn, client, site, "material", controller=controller)

    await reader.afresh()
    await expect(reader.page.get_by_role("status")).to_contain_text("hat sich geändert")
    await expect(reader.page.locator(BANNER)).to_be_hidden()
    await reader.answered("[role=status] button")
    await reader.afresh()
    await expect(reader.page.locator("[data-gatehouse=settings]")).to_be_visible()

    event = reader.sent[1]
    assert (event["action"], event["decisions"], event["subject"]) == ("acknowledge", {}, None)
    await expect(reader.page.get_by_role("status")).to_have_count(0)
    assert reader.complaints == []


async def test_a_grant_that_came_too_late_for_its_notice_is_asked_for_again(
    visit, conn, client, site
):
    reader = await visit()
    await expect(reader.page.locator(BANNER)).to_be_visible()
    await follow(conn, client, site, "editorial", texts=retitled("Ganz neu"))

    answer = await reader.answered(ACCEPT)
    assert answer.status == 409
    await reader.afresh()

    await expect(reader.page.locator(BANNER)).to_contain_text("Ganz neu")
