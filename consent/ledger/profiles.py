"""Receipts in the words of others: ISO/IEC TS 27560 as JSON-LD (DPV), and Kantara v1.1.

Fields and IRIs as in the W3C DPVCG's guide of February 2026; where it names a term that DPV does
not have (``ConsentTerminated``), DPV's own is used.  Lists are always lists.
"""

from datetime import datetime
from typing import Any

from consent.ledger.entries import Type
from consent.ledger.receipts import Receipt
from consent.notices.document import Notice, Party, Purpose, Service

CONTEXT = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "pd": "https://w3id.org/dpv/pd#",
    "loc": "https://w3id.org/dpv/loc#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
RECORD = "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
RECEIPT = "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr"
STATUS = {
    Type.GIVEN: "dpv:ConsentGiven",
    Type.RENEWED: "dpv:RenewedConsentGiven",
    Type.REFUSED: "dpv:ConsentRefused",
    Type.WITHDRAWN: "dpv:ConsentWithdrawn",
    Type.EXPIRED: "dpv:ConsentExpired",
    Type.SIGNAL: "dpv:ConsentWithdrawn",
    Type.ERASED: "dpv:ConsentInvalidated",
    Type.ACKNOWLEDGED: "dpv:ConsentUnknown",  # information is no consent
}
ARTICLE = {
    "gdpr.6.1.a": "eu-gdpr:A6-1-a",
    "gdpr.6.1.b": "eu-gdpr:A6-1-b",
    "gdpr.6.1.c": "eu-gdpr:A6-1-c",
    "gdpr.6.1.d": "eu-gdpr:A6-1-d",
    "gdpr.6.1.e": "eu-gdpr:A6-1-e",
    "gdpr.6.1.f": "eu-gdpr:A6-1-f",
}
RIGHTS = ["A7-3", "A15", "A16", "A17", "A18", "A20", "A21", "A77"]
NOBODY = "erased-or-never-known"
KANTARA_VERSION = "KI-CR-v1.1.0"


def dpv_record(found: Receipt) -> dict[str, Any]:
    """The consent record of an entry; empty but for its status where it concerns no notice."""
    leaf, notice = found.leaf, found.edition.notice if found.edition else None
    record: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": ["dpv:ConsentRecord"],
        "dct:conformsTo": RECORD,
        "dct:identifier": leaf["receipt"],
        "dpv:hasDataSubject": leaf.get("subject_commitment") or NOBODY,
        "dpv:hasConsentStatus": [_status(leaf, notice)],
    }
    return {**record, **(_about(found, notice) if notice else {})}


def dpv_receipt(found: Receipt) -> dict[str, Any]:
    """A receipt: the record, and when it was made out."""
    record = dpv_record(found)
    context = record.pop("@context")
    return {
        "@context": context,
        "@type": ["dpv:ConsentReceipt"],
        "dct:conformsTo": RECEIPT,
        "dct:identifier": found.leaf["receipt"],
        "dct:created": found.leaf["time"],
        "dpv:hasRecordOfActivity": [record],
    }


def _about(found: Receipt, notice: Notice) -> dict[str, Any]:
    leaf = found.leaf
    described = {
        "@type": ["dpv:ConsentNotice"],
        "dct:identifier": leaf["notice"]["sha256"],
        "dct:date": notice.effective_from,
        "dct:language": leaf["notice"]["lang"],
        "dct:coverage": f"loc:{notice.jurisdiction}",
    }
    withdraw = {
        "@type": ["dpv:WithdrawConsent"],
        "dpv:isExercisedAt": notice.withdrawal.url or notice.withdrawal.method,
    }
    return {
        "dpv:hasNotice": [described],
        "dpv:hasProcess": [_process(notice, leaf, purpose) for purpose in notice.purposes],
        "dpv:hasConsentControl": [withdraw],
        "dpv:hasRight": [f"eu-gdpr:{each}" for each in RIGHTS],
        "dpv:hasJurisdiction": [f"loc:{notice.jurisdiction}"],
    }


def _status(leaf: dict[str, Any], notice: Notice | None) -> dict[str, Any]:
    kind = STATUS.get(Type(leaf["type"]), "dpv:ConsentUnknown")
    types = [kind, "dpv:ExpressedConsent"] if kind.endswith("ConsentGiven") else [kind]
    return {
        "@type": types,
        "dpv:isIndicatedAtTime": leaf["time"],
        "dpv:isIndicatedBy": leaf.get("subject_commitment") or NOBODY,
        "dpv:hasIndicationMethod": "/".join(filter(None, (leaf["layer"], leaf["action"]))),
        "dpv:hasDuration": notice.validity if notice else None,
    }


def _process(notice: Notice, leaf: dict[str, Any], purpose: Purpose) -> dict[str, Any]:
    return {
        "@type": ["dpv:Process"],
        "dct:title": _title(notice, leaf, purpose),
        "dpv:hasPurpose": [purpose.dpv],
        "dpv:hasPersonalData": list(purpose.personal_data),
        "dpv:hasStorageCondition": [
            {"@type": ["dpv:StorageDuration"], "dpv:hasDuration": purpose.retention},
            *(
                {"@type": ["dpv:StorageLocation"], "dpv:hasLocation": f"loc:{place}"}
                for place in purpose.storage_locations
            ),
        ],
        "dpv:hasRecipient": [
            _party(each) for each in notice.parties if each.id in purpose.recipients
        ],
        "dpv:hasDataController": [_party(notice.controller)],
        "dpv:hasLegalBasis": [ARTICLE[purpose.legal_basis]],
        "dpv:hasConsentStatus": [_decided(leaf, purpose)],
    }


def _decided(leaf: dict[str, Any], purpose: Purpose) -> str:
    if purpose.necessary:
        return "dpv:ConsentUnknown"  # not asked for
    if purpose.id in leaf["withdrawn"]:
        return "dpv:ConsentWithdrawn"
    granted = leaf["decisions"].get(purpose.id) == "granted"
    return "dpv:ConsentGiven" if granted else "dpv:ConsentRefused"


def _party(party: Party) -> dict[str, Any]:
    return {
        "dct:identifier": party.id,
        "dpv:hasName": party.name,
        "dpv:hasAddress": f"{party.address}, {party.country}",
        "dpv:hasContact": ", ".join(
            filter(None, (party.contact, party.email, party.phone, party.url))
        ),
        "@type": [f"dpv:{party.type.title().replace('_', '')}"],
    }


def _title(notice: Notice, leaf: dict[str, Any], purpose: Purpose) -> str:
    texts = notice.texts[notice.language(leaf["notice"]["lang"] or "")]
    return texts.purposes[purpose.id].title


def kantara_receipt(found: Receipt) -> dict[str, Any]:
    """Kantara Consent Receipt v1.1; of the purposes those that were asked about."""
    leaf, notice = found.leaf, found.edition.notice if found.edition else None
    special = sorted(
        {each for p in (notice.purposes if notice else []) for each in p.special_categories}
    )
    return {
        "version": KANTARA_VERSION,
        "jurisdiction": leaf["jurisdiction"] or "",
        "consentTimestamp": int(datetime.fromisoformat(leaf["time"]).timestamp()),
        "collectionMethod": "/".join(filter(None, (leaf["layer"], leaf["action"]))),
        "consentReceiptID": leaf["receipt"],
        "language": (leaf.get("notice") or {}).get("lang") or "",
        "piiPrincipalId": leaf.get("subject_commitment") or NOBODY,
        "piiControllers": [_kantara_controller(notice.controller)] if notice else [],
        "policyUrl": f"/consent/{leaf['site']}/notices/{leaf['notice']['sha256']}"
        if notice
        else "",
        "services": _kantara_services(notice, leaf) if notice else [],
        "sensitive": bool(special),
        "spiCat": special,
    }


def _kantara_controller(party: Party) -> dict[str, Any]:
    return {
        "piiController": party.name,
        "contact": party.contact,
        "address": {"streetAddress": party.address, "addressCountry": party.country},
        "email": party.email or "",
        "phone": party.phone or "",
        "piiControllerUrl": party.url or "",
        "onBehalf": False,
    }


def _kantara_services(notice: Notice, leaf: dict[str, Any]) -> list[dict[str, Any]]:
    own = Service(id="site", name=notice.site, provider=notice.controller.id)
    return [
        {"service": service.name, "purposes": [_kantara_purpose(notice, leaf, purpose)]}
        for purpose in notice.purposes
        if not purpose.necessary
        for service in purpose.services or [own]
    ]


def _kantara_purpose(notice: Notice, leaf: dict[str, Any], purpose: Purpose) -> dict[str, Any]:
    others = [party.name for party in notice.parties if party.id in purpose.recipients]
    described: dict[str, Any] = {
        "purpose": _title(notice, leaf, purpose),
        "purposeCategory": [purpose.dpv],
        "consentType": f"EXPLICIT: {leaf['decisions'].get(purpose.id, 'refused')}",
        "piiCategory": list(purpose.personal_data),
        "primaryPurpose": False,
        "termination": f"{purpose.retention}; {notice.withdrawal.method}",
        "thirdPartyDisclosure": bool(others),
    }
    return {**described, **({"thirdPartyName": ", ".join(others)} if others else {})}
