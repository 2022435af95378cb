"""The clearinghouse: accepts files, acknowledges their syntax, forwards claims, and puts answers into its outbox.

A file is read completely before any of it takes effect. What each submitter sent is copied, byte for byte, into
the day's feed of submitted claims.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import date, datetime

from sandbox.claims import binding, dates
from sandbox.claims.binding import World
from sandbox.claims.catalog import BILLING_SYSTEM, CLEARINGHOUSE, PLANS, chance
from sandbox.claims.state import FEEDS, LOCAL, State, Submission
from sandbox.claims.x12 import acknowledgements, eligibility, professional, segments
from sandbox.claims.x12.forms import Claim, ClaimStatus, Party
from sandbox.claims.x12.segments import Group, Interchange, Transaction

LONGEST_CONTROL = 20
"""CLM01 is at most 20 characters (005010X222A1)."""
DUPLICATE_INTERCHANGE = "025"
UNREADABLE = "024"


def receive(world: World, state: State, filename: str, content: bytes) -> None:
    """Accept one file from a submitter. Errors in the file never raise: the acknowledgement reports them."""
    at = world.clock.now
    digest = hashlib.sha256(content).hexdigest()
    try:
        interchanges = segments.parse(content)
    except segments.X12Refused as refusal:
        world.truth.write(
            "claim_files",
            {"at": at.isoformat(), "file": filename, "sha256": digest, "refused": str(refusal)},
        )
        _refuse_interchange(state, content, at)
        return
    for interchange in interchanges:
        key = (interchange.sender, interchange.control)
        known = key in state.interchanges
        world.truth.write(
            "claim_files",
            {
                "at": at.isoformat(),
                "file": filename,
                "sha256": digest,
                "submitter": interchange.sender,
                "interchange": interchange.control,
                "refused": "duplicate interchange" if known else None,
            },
        )
        if known:
            state.outbound.setdefault("functional_acknowledgement", []).append(
                _ta1(state, interchange.sender, interchange.control, DUPLICATE_INTERCHANGE, at)
            )
            continue
        state.interchanges.add(key)
        _take(world, state, interchange, at)


def _take(world: World, state: State, interchange: Interchange, at: datetime) -> None:
    answers: list[Transaction] = []
    has_claims = False
    for group in interchange.groups:
        refusals: dict[str, str] = {}
        for transaction in group.transactions:
            try:
                if group.functional_id == "HC" and transaction.set_id == "837":
                    claims = professional.read(transaction, interchange.sender)
                    has_claims = True
                    _take_claims(world, state, claims, interchange, at)
                elif group.functional_id == "HS" and transaction.set_id == "270":
                    state.inquiries += eligibility.read(transaction, interchange.sender)
                else:
                    refusals[transaction.control] = "ST"
            except segments.X12Refused as refusal:
                refusals[transaction.control] = _segment_of(str(refusal))
        if group.transactions:
            answers.append(acknowledgements.write_999(group, refusals))
        _note_999(world, interchange, group, refusals, at)
    if answers:
        queue(state, "functional_acknowledgement", answers, interchange.sender, at)
    if has_claims:
        state.copies.append(interchange.raw)


def _segment_of(reason: str) -> str:
    words = reason.split()
    return words[2].rstrip(":") if len(words) > 2 and words[0] == "segment" else "SE"


def _note_999(
    world: World, interchange: Interchange, group: Group, refusals: dict[str, str], at: datetime
) -> None:
    world.truth.write(
        "acknowledgements",
        {
            "at": at.isoformat(),
            "submitter": interchange.sender,
            "interchange": interchange.control,
            "group": group.control,
            "sets": len(group.transactions),
            "refused": len(refusals),
        },
        feed="functional_acknowledgement",
    )


def _take_claims(
    world: World, state: State, claims: list[Claim], interchange: Interchange, at: datetime
) -> None:
    statuses: list[ClaimStatus] = []
    for claim in claims:
        number = state.next("submission")
        visit = state.claim_visits.get(claim.control) or binding.visit_of(world, state, claim)
        refusal = _refuse(state, claim)
        others = [n for n in state.submitted_visits.get(visit or "", []) if n]
        is_double = bool(visit) and claim.frequency == "1" and bool(others)
        world.truth.write(
            "claims",
            {
                "at": at.isoformat(),
                "submission": number,
                "submitter": claim.submitter,
                "interchange": interchange.control,
                "control": claim.control,
                "frequency": claim.frequency,
                "payer": claim.payer_id,
                "member": claim.subscriber.member_id,
                "patient": world.visits[visit].patient_id
                if visit
                else binding.patient_of(state, claim),
                "visit": visit,
                "service_date": min(line.service_date for line in claim.lines).isoformat(),
                "codes": [line.hcpcs for line in claim.lines],
                "charge": str(claim.charge),
                "double": is_double,
                "same_file_again": refusal == ("A3", "54", ""),
            },
            feed="claim",
        )
        if refusal is not None:
            statuses.append(ClaimStatus(claim, *refusal))
            note_status(world, number, statuses[-1], "clearinghouse", at)
            continue
        if visit:
            state.claim_visits[claim.control] = visit
            if claim.frequency == "1":
                state.submitted_visits.setdefault(visit, []).append(number)
        state.standing[(claim.submitter, claim.control)] = claim.content()
        received = dates.received(at)
        state.pending.setdefault(dates.after(received.date()), []).append(
            Submission(number, claim, received, visit, is_double)
        )
        forwarded = PLANS[claim.payer_id].kind != "part_b"
        statuses.append(
            ClaimStatus(claim, "A0" if forwarded else "A1", "16" if forwarded else "19", "PR")
        )
        note_status(world, number, statuses[-1], "clearinghouse", at)
    queue_277ca(world, state, statuses, CLEARINGHOUSE, False, at.astimezone(LOCAL).date(), at)


def _refuse(state: State, claim: Claim) -> tuple[str, str, str] | None:
    """What the clearinghouse itself refuses: category, status code, entity (X12 code lists 507, 508)."""
    if state.standing.get((claim.submitter, claim.control)) == claim.content():
        return ("A3", "54", "")
    if not claim.control or len(claim.control) > LONGEST_CONTROL:
        return ("A7", "478", "")
    if claim.payer_id not in PLANS:
        return ("A7", "153", "PR")
    return None


def note_status(world: World, number: int, status: ClaimStatus, by: str, at: datetime) -> None:
    """Write down one claim's status as it was decided; it is served with the next delivery of its feed."""
    world.truth.write(
        "claim_statuses",
        {
            "at": at.isoformat(),
            "submission": number,
            "control": status.claim.control,
            "submitter": status.claim.submitter,
            "by": by,
            "category": status.category,
            "code": status.code,
            "payer_claim_number": status.payer_claim_number or None,
        },
        feed="claim_response",
    )


def queue_277ca(
    world: World,
    state: State,
    statuses: list[ClaimStatus],
    by: Party,
    is_payer: bool,
    received_on: date,
    at: datetime,
) -> None:
    """Put statuses into the outbox's queue: one transaction set per submission, one interchange per submitter."""
    sets: dict[str, dict[str, list[ClaimStatus]]] = defaultdict(lambda: defaultdict(list))
    for status in statuses:
        sets[status.claim.submitter][status.claim.batch_reference].append(status)
    for submitter, batches in sets.items():
        transactions = [
            acknowledgements.write_277ca(
                members, by, is_payer, party_of(submitter), binding.practice(world),
                f"{by.identifier}{state.next('277'):07d}", received_on, at.astimezone(LOCAL),
            )
            for members in batches.values()
        ]  # fmt: skip
        queue(state, "claim_response", transactions, submitter, at)


def party_of(submitter: str) -> Party:
    """Who a submitter is, by its ISA06."""
    return BILLING_SYSTEM if submitter == BILLING_SYSTEM.identifier else Party(submitter, submitter)


def queue(
    state: State, feed: str, transactions: list[Transaction], receiver: str, at: datetime
) -> None:
    """Write an interchange of one feed and keep it for the next delivery."""
    functional_id, version = FEEDS[feed]
    group = Group(functional_id, CLEARINGHOUSE.identifier, receiver, version, transactions)
    control = state.next("interchange")
    local = at.astimezone(LOCAL)
    style = chance(state.seed, f"{feed}|{control}", "delimiters").choice(
        [segments.LINES, segments.LINES, segments.RUNNING, segments.PIPES]
    )
    interchange = Interchange(CLEARINGHOUSE.identifier, receiver, f"{control:09d}", [group], local)
    state.outbound.setdefault(feed, []).append(segments.render(interchange, style))


def _ta1(state: State, receiver: str, about: str, note: str, at: datetime) -> bytes:
    return segments.render_ta1(
        CLEARINGHOUSE.identifier,
        receiver,
        f"{state.next('interchange'):09d}",
        at.astimezone(LOCAL),
        about,
        "R",
        note,
    )


def _refuse_interchange(state: State, content: bytes, at: datetime) -> None:
    """Answer an unreadable file with a TA1 if its ISA names sender and control number; otherwise do nothing."""
    head = content[:106].decode("ascii", "replace")
    fields = head.split(head[3:4]) if head.startswith("ISA") and len(head) > 103 else []
    if len(fields) >= 14 and fields[13].isdigit():
        state.outbound.setdefault("functional_acknowledgement", []).append(
            _ta1(state, fields[6].strip(), fields[13], UNREADABLE, at)
        )


def deliver(
    world: World, state: State, day: date, feeds: tuple[str, ...], is_history: bool
) -> None:
    """Put what waits for the practice into its outbox, under arbitrary file names.

    Before the first night, everything waits until the end of the week. After that, a feed without news sends an
    interchange with one empty group, so that the receiver can tell silence from a lost file.
    """
    at = world.clock.now
    if is_history and day.weekday() != 6:
        return
    waiting = {feed: state.outbound.pop(feed, []) for feed in feeds if feed != "claim"}
    if "claim" in feeds:
        waiting["claim"], state.copies = state.copies, []
    if not is_history:
        for feed, interchanges in waiting.items():
            if not interchanges:
                interchanges.append(_nothing(state, feed, at))
    waiting = {feed: interchanges for feed, interchanges in waiting.items() if interchanges}
    both = ("functional_acknowledgement", "claim_response")
    mixed = not is_history and chance(state.seed, day.isoformat(), "mixed").random() < 0.2
    if mixed and waiting.keys() >= set(both) and not binding.misbehaves(world, day, both):
        # A fault requested for one feed must not affect another, so feeds share a file only on days without faults.
        waiting["claim_response"] = waiting.pop(both[0]) + waiting[both[1]]
    for feed, interchanges in waiting.items():
        _drop(world, state, day, feed, interchanges)


def _nothing(state: State, feed: str, at: datetime) -> bytes:
    functional_id, version = FEEDS[feed]
    group = Group(functional_id, CLEARINGHOUSE.identifier, BILLING_SYSTEM.identifier, version)
    return segments.render(
        Interchange(
            CLEARINGHOUSE.identifier, BILLING_SYSTEM.identifier, f"{state.next('interchange'):09d}", [group],
            at.astimezone(LOCAL),
        )
    )  # fmt: skip


def _drop(world: World, state: State, day: date, feed: str, interchanges: list[bytes]) -> None:
    number = state.next("file")
    style = chance(state.seed, str(number), "name").choice(
        [
            "{stamp}.{number:06d}.edi",
            "R{number:07d}.x12",
            "lkc_{number:05d}_{stamp}.txt",
            "{number:08X}.dat",
        ]
    )
    name = style.format(stamp=day.strftime("%Y%m%d"), number=number)
    world.drop(binding.CLEARINGHOUSE_USER, name, b"".join(interchanges), feed=feed)
