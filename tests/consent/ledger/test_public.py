"""Receipts, checkpoints and tiles over HTTP, verified as somebody outside would."""

import asyncio
import base64
import hashlib
import json

import jsonschema_rs
import pytest

from consent import checkpoints, merkle
from consent.ledger.entries import commitment
from consent.merkle import Tile


@pytest.fixture
async def entry(site, ledger, choice):
    return await ledger.append(site, choice("statistics", "external"))


@pytest.fixture
async def get(entry, client):
    """Gets an address below the site's; the answer and its body."""

    async def ask(path):
        async with client.get(f"/consent/blatt/{path}") as response:
            return response, await response.read()

    return ask


async def keys(get):
    _, body = await get("keys")
    return [checkpoints.verifier_from(line) for line in body.decode().splitlines()]


async def test_a_receipt_is_verified_without_us(get, entry):
    await get("checkpoint")
    _, body = await get(f"receipts/{entry.receipt_id}?format=tlog-proof")

    proof = checkpoints.proof_file_from(body.decode())
    kept = json.loads(proof.extra)
    signed = checkpoints.checkpoint_from(proof.note, await keys(get))
    leaf = merkle.leaf_hash(kept["leaf"].encode())
    merkle.verify_inclusion(leaf, proof.index, signed.size, proof.path, signed.root)
    said = json.loads(kept["leaf"])
    salt = bytes.fromhex(kept["opening"]["salt"])
    assert said["log"] == signed.origin
    assert said["subject_commitment"] == commitment(salt, "subject", "visitor-0001")


async def test_a_receipt_in_json_holds_the_same_proof(get, entry):
    response, body = await get(f"receipts/{entry.receipt_id}")

    said = json.loads(body)
    signed = checkpoints.checkpoint_from(said["checkpoint"], await keys(get))
    path = [bytes.fromhex(each) for each in said["inclusion_proof"]]
    leaf = merkle.leaf_hash(said["leaf"].encode())
    merkle.verify_inclusion(leaf, said["index"], signed.size, path, signed.root)
    assert said["checkpoint_pending"] is False
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("language", ["de", "en", "ru"])
async def test_a_receipt_is_a_page_in_the_words_of_that_day(get, entry, edition, language):
    response, body = await get(f"receipts/{entry.receipt_id}?format=html&lang={language}")

    text = body.decode()
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert edition.notice.texts["de"].body_html in text  # it was read in German
    assert f'<html lang="{language}">' in text
    assert f"style-src 'sha256-{digest}'" in response.headers["Content-Security-Policy"]
    assert "<script" not in text


async def test_a_notice_is_a_page_too(get, edition):
    _, body = await get(f"notices/{edition.sha256}?format=html&lang=ru")

    assert edition.notice.texts["ru"].title in body.decode()
    assert edition.notice.art13["2d"].text["ru"] in body.decode()


async def test_a_receipt_as_iso_27560_names_every_mandatory_field(get, entry):
    _, body = await get(f"receipts/{entry.receipt_id}?format=dpv")

    receipt = json.loads(body)
    [record] = receipt["dpv:hasRecordOfActivity"]
    assert receipt["@type"] == ["dpv:ConsentReceipt"]
    assert receipt["dct:conformsTo"].endswith("#receipt-eu-gdpr")
    assert record["dct:conformsTo"].endswith("#record-eu-gdpr")
    [status] = record["dpv:hasConsentStatus"]
    assert status["@type"] == ["dpv:ConsentGiven", "dpv:ExpressedConsent"]
    for name in ("hasNotice", "hasConsentControl", "hasRight", "hasJurisdiction"):
        assert record[f"dpv:{name}"]
    for process in record["dpv:hasProcess"]:
        assert process["dpv:hasPurpose"]
        assert process["dpv:hasPersonalData"]
        assert process["dpv:hasStorageCondition"]
        assert process["dpv:hasDataController"][0]["dpv:hasAddress"]
    [statistics] = [
        each for each in record["dpv:hasProcess"] if "Usage" in each["dpv:hasPurpose"][0]
    ]
    assert statistics["dpv:hasConsentStatus"] == ["dpv:ConsentGiven"]


# The required fields of Kantara's JSON schema (Consent Receipt v1.1, draft-04).
KANTARA = {
    "type": "object",
    "required": [
        *("version", "jurisdiction", "consentTimestamp", "collectionMethod"),
        *("consentReceiptID", "piiPrincipalId", "piiControllers", "policyUrl", "services"),
        *("sensitive", "spiCat"),
    ],
    "properties": {
        "version": {"const": "KI-CR-v1.1.0"},
        "consentTimestamp": {"type": "integer"},
        "piiControllers": {
            "minItems": 1,
            "items": {"required": ["piiController", "contact", "address", "email", "phone"]},
        },
        "services": {
            "minItems": 1,
            "items": {
                "required": ["service", "purposes"],
                "properties": {
                    "purposes": {
                        "items": {
                            "required": [
                                *("consentType", "purposeCategory", "piiCategory"),
                                *("termination", "thirdPartyDisclosure"),
                            ],
                            "if": {"properties": {"thirdPartyDisclosure": {"const": True}}},
                            "then": {"required": ["thirdPartyName"]},
                        }
                    }
                },
            },
        },
    },
}


async def test_a_receipt_as_kantara_wants_it(get, entry):
    _, body = await get(f"receipts/{entry.receipt_id}?format=kantara")

    jsonschema_rs.validate(KANTARA, json.loads(body))


async def test_tiles_lead_to_the_root_of_the_checkpoint(get, site, ledger, choice):
    await asyncio.gather(*(ledger.append(site, choice("statistics")) for _ in range(300)))
    _, note = await get("checkpoint")
    signed = checkpoints.checkpoint_from(note.decode(), await keys(get))

    full, hashes = await get(Tile(0, 0).path)
    _, rest = await get(Tile(0, 1, signed.size - 256).path)
    _, above = await get(Tile(1, 0, 1).path)

    leaves = [(hashes + rest)[at : at + 32] for at in range(0, signed.size * 32, 32)]
    assert merkle.root_of(leaves) == signed.root
    assert merkle.root_of(leaves[:256]) == above
    assert "immutable" in full.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000.p/200",
        "tile/0/001",
        "tile/1/000",
        "tile/0/x000/000",
        "tile/0/0",
        "tile/9/000",
        "tile/entries/000",
        "receipts/00000000-0000-0000-0000-000000000000",
        "epochs/7/checkpoint",
        "epochs/7/tile/0/000.p/1",
    ],
)
async def test_what_is_not_there_is_not_served(get, path):
    await get("checkpoint")
    response, _ = await get(path)

    assert response.status == 404


async def test_a_site_without_a_log_has_no_checkpoint(site, client):
    async with client.get("/consent/blatt/checkpoint") as response:
        assert response.status == 404


async def test_a_receipt_in_no_such_format(get, entry):
    response, _ = await get(f"receipts/{entry.receipt_id}?format=pdf")

    assert response.status == 400
