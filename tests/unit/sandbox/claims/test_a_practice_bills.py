"""Charges become claims, claims are answered and paid, and what nobody billed can be asked for."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import orjson
import pytest

from sandbox import claims, http
from sandbox.claims import adjudication, billing, binding
from sandbox.claims.state import LOCAL
from sandbox.claims.x12 import eligibility, professional, segments
from sandbox.claims.x12.forms import Claim, Inquiry, PaidClaim, PaidLine, Party, Subscriber
from sandbox.hub import Hub
from sandbox.server import FIRST_NIGHT as FIRST
from sandbox.world.model import Visit

OURS = Party("Throughline", "THROUGHLINE")


@pytest.fixture
def hub(make: Callable[..., Hub]) -> Hub:
    """A world of 300 on the first night."""
    made = make(patients=300, seed=3)
    made._advance(FIRST)
    return made


def advance(hub: Hub, days: int) -> None:
    hub._advance(hub.world.lived_to + timedelta(days=days))


def unbilled(hub: Hub, payer: str) -> list[Visit]:
    """Documented, charged visits for which the practice sent no claim."""
    world, state = hub.world, claims.of(hub.world)
    return [
        visit
        for visit in world.visits.values()
        if visit.charge_entered_at and visit.note_signed_at and visit.status == "finished"
        and visit.id not in state.billed and billing.billable(visit)
        and [c.payer_id for c in billing.insurers(world, visit)][:1] == [payer]
    ]  # fmt: skip


def upload(
    hub: Hub, name: str, functional_id: str, transaction: segments.Transaction, control: str
) -> None:
    """Put a file into the inbox, as the pipeline does."""
    group = segments.Group(
        functional_id, "THROUGHLINE", "CLEARING", transaction.version, [transaction]
    )
    at = datetime(2026, 9, 9, 2, 30, tzinfo=LOCAL)
    content = segments.render(segments.Interchange("THROUGHLINE", "CLEARING", control, [group], at))
    digest = hashlib.sha256(content).hexdigest()
    (hub.folder / "received").mkdir(exist_ok=True)
    (hub.folder / "received" / digest).write_bytes(content)
    hub._act({"do": "file", "user": "practice", "name": name, "sha256": digest})


def written(hub: Hub, name: str, made: list[Claim], control: str) -> None:
    at = datetime(2026, 9, 9, 2, 30, tzinfo=LOCAL)
    practice = binding.practice(hub.world)
    house = Party("CLEARING", "CLEARING")
    upload(
        hub, name, "HC", professional.write(made, f"B{control}", at, OURS, house, practice), control
    )


def claim_of(hub: Hub, visit: Visit) -> Claim:
    made = billing.code(hub.world, visit)
    made.control = "T" + made.control
    return made


def delivered(hub: Hub, day: str = "") -> list[segments.Interchange]:
    """Every interchange in the practice's outbox, or those of one day."""
    found = []
    for entry in _truth(hub, "files"):
        if entry["user"] == "practice" and entry["day"] >= day:
            file = hub.folder / "sftp" / "practice" / "outbox" / entry["name"]
            found += segments.parse(file.read_bytes())
    return found


def _truth(hub: Hub, kind: str) -> list[dict[str, Any]]:
    file = hub.folder / "truth" / f"{kind}.jsonl"
    return [orjson.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []


def test_sixty_days_of_claims_hold_every_kind_of_answer(
    make: Callable[..., Hub], truth: Callable[..., Any]
) -> None:
    hub = make(patients=700)
    advance(hub, 3)
    submitted = truth(hub, "claims")
    assert {c["payer"] for c in submitted} == {"MEDB1", "SUNADV", "COMM1", "MCAID"}
    assert {"1", "7"} <= {c["frequency"] for c in submitted}
    assert not any(c["double"] for c in submitted)
    statuses = Counter((s["by"], s["category"]) for s in truth(hub, "claim_statuses"))
    assert {("clearinghouse", "A0"), ("clearinghouse", "A1"), ("payer", "A2"), ("payer", "A3"),
            ("payer", "A8")} <= statuses.keys()  # fmt: skip
    remitted = truth(hub, "remittances")
    assert {"1", "2", "19", "22"} <= {r["status"] for r in remitted}
    denied = sum(bool(r["denied"]) for r in remitted) / len(remitted)
    assert 0.01 < denied < 0.15
    assert any(Decimal(r["paid"]) == 0 and not r["denied"] for r in remitted), "deductibles"
    assert {"L6", "FB"} <= {a["reason"] for a in truth(hub, "provider_adjustments")}
    assert {"paid", "written-off"} <= {p["what"] for p in truth(hub, "patient_payments")}
    assert any(e["next"] for e in truth(hub, "eligibility_answers"))
    assert {b["what"] for b in truth(hub, "billing")} == {"forgotten"}
    settled = {r["visit"] for r in remitted}
    assert settled <= {v["visit"] for v in truth(hub, "visits")}


def test_what_is_delivered_is_x12_and_says_what_the_truth_says(
    hub: Hub, truth: Callable[..., Any]
) -> None:
    advance(hub, 2)
    sets: Counter[str] = Counter()
    claimed, paid = 0, 0
    for interchange in delivered(hub):
        for group in interchange.groups:
            for transaction in group.transactions:
                sets[transaction.set_id] += 1
                tags = Counter(str(s[0]) for s in transaction.body)
                claimed += tags["CLM"]
                paid += tags["CLP"]
    assert {"837", "999", "277", "271", "835"} <= sets.keys()
    assert claimed == len(truth(hub, "claims"))
    assert paid == len(truth(hub, "remittances"))
    assert sets["999"] == sum(1 for a in truth(hub, "acknowledgements") if a["sets"])


def test_what_is_delivered_passes_a_validator_of_others(
    make: Callable[..., Hub], complaints: Callable[[bytes], str]
) -> None:
    """A sample of everything but 270 and 271, for which pyx12 has no map."""
    hub = make(patients=100)
    advance(hub, 1)
    seen: Counter[str] = Counter()
    for interchange in delivered(hub):
        kinds = {group.functional_id for group in interchange.groups if group.transactions}
        for kind in kinds - {"HB", "HS"}:
            seen[kind] += 1
            if seen[kind] % (4 if kind == "HP" else 15) == 1:
                assert complaints(interchange.raw) == "", (interchange.control, kind)
    assert {"HC", "HN", "FA", "HP"} <= seen.keys()


def test_every_feed_comes_every_day_even_with_nothing_in_it(
    hub: Hub, truth: Callable[..., Any]
) -> None:
    advance(hub, 5)
    by_day = defaultdict(set)
    for entry in truth(hub, "files"):
        if entry["user"] == "practice" and entry["day"] >= FIRST.isoformat():
            by_day[entry["day"]].add(entry["feed"])
    assert len(by_day) == 6
    for feeds in by_day.values():
        assert {"claim", "claim_response", "payment", "eligibility_response"} <= feeds


def test_money_adds_up_to_the_charge(hub: Hub, truth: Callable[..., Any]) -> None:
    """Payments, contractual adjustments and resolved patient shares are the charge, reversals netted."""
    advance(hub, 40)
    left: dict[str, Decimal] = {c["control"]: Decimal(c["charge"]) for c in truth(hub, "claims")}
    resolved = {c for c in left if any(r["control"] == c for r in truth(hub, "remittances"))}
    for interchange in delivered(hub):
        for group in interchange.groups:
            for transaction in group.transactions:
                if transaction.set_id == "835":
                    _subtract(left, transaction)
    for payment in truth(hub, "patient_payments"):
        sign = -1 if payment["what"] == "taken back" else 1
        left[payment["control"]] -= sign * Decimal(payment["amount"])
    done = [control for control in resolved if left[control] == 0]
    assert len(done) / len(resolved) > 0.80
    # What is left over is owed by patients, in adjudication or denied; nothing was paid twice.
    voided = {c["control"] for c in truth(hub, "claims") if c["frequency"] == "8"}
    assert all(left[control] >= 0 for control in resolved - voided)


def _subtract(left: dict[str, Decimal], transaction: segments.Transaction) -> None:
    control, charge = "", Decimal(0)
    for segment in transaction.body:
        if segment[0] == "CLP":
            control = segments.text_of(segment, 1)
            left[control] -= Decimal(segments.text_of(segment, 4))
        elif segment[0] == "SVC":
            charge = Decimal(segments.text_of(segment, 2))
        elif segment[0] == "CAS":
            group = segments.text_of(segment, 1)
            for at in range(2, len(segment), 3):
                amount = Decimal(segments.text_of(segment, at + 1))
                is_denial = abs(amount) == abs(charge) and segments.text_of(segment, at) not in (
                    "45",
                    "23",
                )
                if group in ("CO", "PI") and not is_denial:
                    left[control] -= amount


def test_a_payer_with_another_submitter_is_left_alone_from_the_first_night_on(
    hub: Hub, truth: Callable[..., Any]
) -> None:
    advance(hub, 7)
    ours = [
        c for c in truth(hub, "claims") if c["payer"] == "SUNADV" and c["submitter"] == "LAKEBILL"
    ]
    assert len(ours) > 20
    assert max(c["at"] for c in ours) < f"{FIRST}T04"
    assert any(
        c["payer"] != "SUNADV" and c["at"] > f"{FIRST + timedelta(days=1)}"
        for c in truth(hub, "claims")
    )
    assert len(unbilled(hub, "SUNADV")) > 8


def test_an_837p_from_outside_is_acknowledged_accepted_and_paid(
    hub: Hub, truth: Callable[..., Any]
) -> None:
    visits = unbilled(hub, "SUNADV")
    written(hub, "TL000000001.837", [claim_of(hub, v) for v in visits], "000000001")
    advance(hub, 1)
    mine = {c["control"]: c for c in truth(hub, "claims") if c["submitter"] == "THROUGHLINE"}
    assert {c["visit"] for c in mine.values()} == {v.id for v in visits}
    assert not any(c["double"] for c in mine.values())
    day = (FIRST + timedelta(days=1)).isoformat()
    raw = b"".join(i.raw for i in delivered(hub, day))
    assert all(control.encode() in raw for control in mine), "a copy is in the claims feed"
    told = [i for i in delivered(hub, day) if i.receiver == "THROUGHLINE"]
    assert {t.set_id for i in told for g in i.groups for t in g.transactions} == {"999", "277"}
    advance(hub, 1)
    accepted = {s["control"] for s in truth(hub, "claim_statuses") if s["category"] == "A2"}
    assert len(accepted & mine.keys()) >= len(mine) - 1
    advance(hub, 4)
    paid = {r["control"]: r for r in truth(hub, "remittances") if r["control"] in mine}
    assert paid.keys() == accepted & mine.keys()
    assert sum(Decimal(r["paid"]) > 0 for r in paid.values()) > len(paid) / 2


def test_the_same_file_and_the_same_claim_again_are_not_paid_again(
    hub: Hub, truth: Callable[..., Any]
) -> None:
    visit = unbilled(hub, "SUNADV")[0]
    for name, control in (("a.837", "000000001"), ("b.837", "000000001"), ("c.837", "000000002")):
        written(hub, name, [claim_of(hub, visit)], control)
        advance(hub, 1)
    assert [f["refused"] for f in truth(hub, "claim_files") if f["submitter"] == "THROUGHLINE"] == [
        None, "duplicate interchange", None,
    ]  # fmt: skip
    mine = [c for c in truth(hub, "claims") if c["submitter"] == "THROUGHLINE"]
    assert [c["same_file_again"] for c in mine] == [False, True]
    assert b"TA1*000000001*" in b"".join(i.raw for i in delivered(hub, FIRST.isoformat()))


def test_a_second_claim_for_a_visit_is_known_as_a_double(
    hub: Hub, truth: Callable[..., Any]
) -> None:
    state = claims.of(hub.world)
    visit = next(v for v in hub.world.visits.values() if state.submitted_visits.get(v.id))
    written(hub, "a.837", [claim_of(hub, visit)], "000000001")
    advance(hub, 1)
    assert [c["double"] for c in truth(hub, "claims") if c["submitter"] == "THROUGHLINE"] == [True]


def test_a_file_that_is_no_x12_stops_nobody(hub: Hub, truth: Callable[..., Any]) -> None:
    (hub.folder / "received").mkdir(exist_ok=True)
    for content in (b"", b"hello", b"ISA*00*" + b" " * 200, bytes(range(256))):
        digest = hashlib.sha256(content).hexdigest()
        (hub.folder / "received" / digest).write_bytes(content)
        hub._act({"do": "file", "user": "practice", "name": "x.837", "sha256": digest})
    advance(hub, 1)
    assert sum(f.get("submitter") is None for f in truth(hub, "claim_files")) == 4


def test_a_270_is_answered_on_the_next_day(hub: Hub, truth: Callable[..., Any]) -> None:
    world = hub.world
    asked = [
        Inquiry(
            f"TRACE{n}", "9THROUGHLN", "MEDB1", "Medicare", world.practice.npi, "Lakeside",
            Subscriber(c.member_id, who.family, who.given, who.birth_date, who.sex), FIRST, (),
        )
        for n, who in enumerate(world.patients.values())
        for c in who.covered_on(FIRST)[:1]
        if c.payer_id == "MEDB1"
    ]  # fmt: skip
    stranger = Subscriber("1AA1AA1AA11", "NOBODY", "AT ALL", None)
    asked.append(
        Inquiry(
            "TRACEX",
            "9THROUGHLN",
            "MEDB1",
            "Medicare",
            world.practice.npi,
            "L",
            stranger,
            FIRST,
            (),
        )
    )
    at = datetime(2026, 9, 9, 2, 30, tzinfo=LOCAL)
    upload(hub, "TL1.270", "HS", eligibility.write_270(asked, "E1", at), "000000001")
    advance(hub, 1)
    answers = {
        e["trace"]: e for e in truth(hub, "eligibility_answers") if e["submitter"] == "THROUGHLINE"
    }
    assert answers.keys() == {i.trace for i in asked}
    assert answers["TRACEX"]["reject"] == "75"
    codes = Counter(code for e in answers.values() for code in e["next"])
    assert {"G0402", "G0438", "G0439"} <= codes.keys()
    content = b"".join(i.raw for i in delivered(hub, (FIRST + timedelta(days=1)).isoformat()))
    assert all(trace.encode() in content for trace in answers)


# ---- the work queue ---------------------------------------------------------------------------------------------
def item(visit_id: str, number: int = 1) -> dict[str, str]:
    return {
        "work_item_id": f"item-{number}",
        "encounter_id": visit_id,
        "payer_id": "COMM1",
        "reason": "no claim",
    }


def request(
    hub: Hub, method: str, path: str, body: bytes = b"", key: str = "", query: str = ""
) -> tuple[int, Any]:
    """Ask the billing system's application; returns status and body."""
    entry = {
        "do": "http", "method": method, "path": path, "query": query,
        "headers": [["idempotency-key", key]] if key else [], "body": base64.b64encode(body).decode(),
    }  # fmt: skip
    sent = http.play(claims.billing_app(hub.world), entry)
    return sent[0]["status"], orjson.loads(sent[1]["body"])


def post(hub: Hub, body: dict[str, str], key: str) -> tuple[int, Any]:
    return request(hub, "POST", "/work-items", orjson.dumps(body), key)


def test_a_work_item_is_taken_once_and_found_by_its_key(hub: Hub) -> None:
    visit = unbilled(hub, "COMM1")[0]
    answer = {"work_item_id": "item-1", "status": "received"}
    assert post(hub, item(visit.id), "billing|v1") == (201, answer)
    assert post(hub, item(visit.id), "billing|v1") == (200, answer)
    assert post(hub, item(visit.id, 2), "billing|v1") == (200, answer), "the first answer"
    status, found = request(hub, "GET", "/work-items", query="idempotency_key=billing%7Cv1")
    assert status == 200
    assert [i["work_item_id"] for i in found["items"]] == ["item-1"]
    assert request(hub, "GET", "/work-items", query="idempotency_key=other") == (200, {"items": []})
    assert request(hub, "GET", "/work-items/item-1")[1]["encounter_id"] == visit.id
    assert request(hub, "GET", "/work-items/item-9")[0] == 404
    assert request(hub, "GET", "/work-items")[0] == 400
    assert post(hub, item(visit.id), "")[0] == 400
    assert request(hub, "POST", "/work-items", b"{", "k")[0] == 400
    assert request(hub, "POST", "/work-items", b"[1]", "k")[0] == 422
    assert post(hub, {"work_item_id": "x"}, "k")[0] == 422
    advance(hub, 1)
    assert post(hub, item(visit.id), "billing|v1") == (200, answer), "even after it was worked"


def test_a_work_item_brings_the_claim_of_a_forgotten_visit(
    hub: Hub, truth: Callable[..., Any]
) -> None:
    forgotten = claims.of(hub.world).forgotten
    visits = [v for v in unbilled(hub, "COMM1") + unbilled(hub, "MEDB1") if v.id in forgotten]
    assert len(visits) >= 3
    for number, visit in enumerate(visits):
        post(hub, item(visit.id, number), visit.id)
    advance(hub, 4)
    billed = Counter(c["visit"] for c in truth(hub, "claims"))
    assert all(billed[v.id] == 1 for v in visits)
    assert {w["status"] for w in truth(hub, "work_items")} == {"completed"}
    assert all(w["control"] for w in truth(hub, "work_items"))
    assert not any(r["is_double"] for r in truth(hub, "requests_received"))


def test_a_work_item_asks_for_the_charge_and_waits_for_the_signature(
    hub: Hub, truth: Callable[..., Any]
) -> None:
    world = hub.world
    bare = [
        v for v in world.visits.values()
        if v.status == "finished" and billing.billable(v) and not (v.charge_entered_at and v.note_signed_at)
        and [c.payer_id for c in billing.insurers(world, v)][:1] in (["COMM1"], ["MEDB1"], ["MCAID"])
    ]  # fmt: skip
    assert any(not v.charge_entered_at for v in bare)
    for number, visit in enumerate(bare):
        post(hub, item(visit.id, number), visit.id)
    advance(hub, 8)
    sent = {c["visit"] for c in truth(hub, "claims")}
    for visit in bare:
        is_documented = visit.charge_entered_at is not None and visit.note_signed_at is not None
        assert visit.id not in sent or is_documented, "no claim without charge and signature"
    assert any(v.id in sent for v in bare)


def test_billing_sends_no_second_claim_and_none_that_is_not_its_own(
    hub: Hub, truth: Callable[..., Any]
) -> None:
    billed = next(iter(claims.of(hub.world).billed))
    before = sum(c["visit"] == billed for c in truth(hub, "claims"))
    asked = [billed, unbilled(hub, "SUNADV")[0].id, "enc-none"]
    for number, visit_id in enumerate(asked):
        post(hub, item(visit_id, number), visit_id)
    advance(hub, 4)
    told = {w["visit"]: (w["status"], w["reason"]) for w in truth(hub, "work_items")}
    assert told == {
        asked[0]: ("completed", "a claim was sent"),
        asked[1]: ("rejected", "another submitter bills this payer"),
        asked[2]: ("rejected", "no such visit"),
    }
    sent = [c["visit"] for c in truth(hub, "claims")]
    assert sent.count(billed) == before
    assert asked[1] not in sent


# ---- what is put right ------------------------------------------------------------------------------------------
def test_a_visit_that_never_was_is_not_billed_or_its_claim_is_voided(
    make: Callable[..., Hub], truth: Callable[..., Any]
) -> None:
    hub = make(patients=900, seed=11)
    advance(hub, 1)
    gone = {v.id for v in hub.world.visits.values() if v.status == "entered-in-error"}
    sent = defaultdict(list)
    for claim in truth(hub, "claims"):
        sent[claim["visit"]].append(claim["frequency"])
    with_claim = [visit for visit in gone if sent[visit]]
    assert with_claim
    assert len(with_claim) < len(gone)
    assert any("8" in sent[visit] for visit in with_claim)
    assert all("8" not in kinds for visit, kinds in sent.items() if visit not in gone)


def test_rejected_claims_come_again_and_pass(
    make: Callable[..., Hub], truth: Callable[..., Any]
) -> None:
    hub = make(patients=700)
    advance(hub, 1)
    refused = {
        s["control"] for s in truth(hub, "claim_statuses")
        if s["category"] in ("A3", "A8") and s["at"] < "2026-08-25"
    }  # fmt: skip
    accepted = {s["control"] for s in truth(hub, "claim_statuses") if s["category"] == "A2"}
    assert refused
    alive = {c["control"] for c in truth(hub, "claims")
             if hub.world.visits[c["visit"]].status != "entered-in-error"}  # fmt: skip
    assert refused & alive <= accepted


def test_a_claim_taken_back_gives_its_benefit_back() -> None:
    member = adjudication.Member()
    line = PaidLine(1, "G0439", (), Decimal(185), Decimal(140), FIRST, (), allowed=Decimal(140))
    paid = PaidClaim(
        "C", "1", Decimal(185), Decimal(140), Decimal(0), "MB", "N", Subscriber("M", "A", "B", None), "1", [line], FIRST
    )  # fmt: skip
    member.services.add(("G0439", FIRST, "1", ()))
    member.wellness.append(("G0439", FIRST))
    adjudication.give_back(member, paid)
    assert (member.services, member.wellness) == (set(), [])


def test_patients_payments_are_notices_in_the_ehr(hub: Hub, truth: Callable[..., Any]) -> None:
    told = [p for p in truth(hub, "patient_payments") if p["what"] != "taken back"]
    notice = hub.store.read("PaymentNotice", told[-1]["notice"])
    assert notice is not None
    assert notice["request"]["identifier"] == {
        "system": "urn:lakeside:patient-control-number", "value": told[-1]["control"]
    }  # fmt: skip
    assert notice["paymentStatus"]["coding"][0]["code"] in ("paid", "written-off")
    assert Decimal(str(notice["amount"]["value"])) == Decimal(told[-1]["amount"])
    by_url = {e["url"].rpartition("/")[2]: e for e in notice["extension"]}
    assert by_url["patient"]["valueReference"]["reference"] == f"Patient/{told[-1]['patient']}"
    assert by_url["recorder"]["valueString"]


# ---- late and killed --------------------------------------------------------------------------------------------
def test_late_remittances_are_observable_when_they_come(
    make: Callable[..., Hub], truth: Callable[..., Any]
) -> None:
    late = FIRST + timedelta(days=1)
    hub = make(patients=300, seed=3, misbehave=f"payment:{late}:late")
    advance(hub, 4)
    for row in truth(hub, "remittances"):
        if row["at"].startswith(late.isoformat()):
            assert row["observable_from"].startswith((late + timedelta(days=2)).isoformat())
    names = [f["name"] for f in truth(hub, "files") if f["misbehaviour"] == ["late"]]
    assert len(names) == 1
    assert (hub.folder / "sftp" / "practice" / "outbox" / names[0]).exists()


def test_a_killed_world_takes_its_claims_and_work_items_up_again(
    make: Callable[..., Hub], digest: Callable[..., Any]
) -> None:
    hubs = []
    for name in ("calm", "killed"):
        hub = make(name, patients=200, seed=3)
        hub._advance(FIRST)
        hub.journalled(claims.billing_app(hub.world))
        written(hub, "a.837", [claim_of(hub, v) for v in unbilled(hub, "SUNADV")[:3]], "000000001")
        for number, visit in enumerate(unbilled(hub, "COMM1")[:3]):
            hub._act(_post(item(visit.id, number), f"key {number}"))
        hubs.append(hub)
    again = make("killed", patients=200, seed=3)
    again.journalled(claims.billing_app(again.world))
    assert claims.of(again.world).work_items.keys() == claims.of(hubs[0].world).work_items.keys()
    for hub in (hubs[0], again):
        advance(hub, 3)
    assert digest(again) == digest(hubs[0])
    restored = make("killed", patients=200, seed=3)
    for hub in (hubs[0], restored):
        advance(hub, 4)
    assert digest(restored) == digest(hubs[0])


def test_the_order_of_files_and_work_items_does_not_matter(
    make: Callable[..., Hub], digest: Callable[..., Any]
) -> None:
    def write(hub: Hub, visit: Visit, number: int) -> None:
        written(hub, f"{number}.837", [claim_of(hub, visit)], f"00000000{number}")

    def post(hub: Hub, visit: Visit, number: int) -> None:
        hub._act(_post(item(visit.id, number), f"key {number}"))

    made = {}
    for name, turn in (("one", 1), ("two", -1)):
        hub = make(name, patients=200, seed=3)
        hub._advance(FIRST)
        hub.journalled(claims.billing_app(hub.world))
        deeds: list[Callable[[], Any]] = []
        for number, visit in enumerate(unbilled(hub, "SUNADV")[:3]):
            deeds.append(partial(write, hub, visit, number))
        for number, visit in enumerate(unbilled(hub, "COMM1")[:3]):
            deeds.append(partial(post, hub, visit, number))
        for deed in deeds[::turn]:
            deed()
        advance(hub, 5)
        made[name] = digest(hub)
    assert made["one"] == made["two"]


def _post(body: dict[str, str], key: str) -> dict[str, Any]:
    return {
        "do": "http", "method": "POST", "path": "/work-items", "query": "",
        "headers": [["idempotency-key", key], ["content-type", "application/json"]],
        "body": base64.b64encode(orjson.dumps(body)).decode(),
    }  # fmt: skip
