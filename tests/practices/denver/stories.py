"""What happened to each patient, as the EHR, the schedule and the clearinghouse tell it on two nights.

The three reports of the telephone log and of the billing system are files beside this module.
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.practices.denver import charted as c
from tests.unit.throughline.sources import wire

Resource = c.Resource

NIGHTS = ("2026-03-04", "2026-03-05")
"""A Wednesday and a Thursday. Denver is seven hours behind UTC then, Colby six."""
AETNA, MEDICARE, HUMANA, MEDICAID = (
    "AETNA",
    "NOVITAS MEDICARE",
    "HUMANA GOLD PLUS",
    "HEALTH FIRST COLORADO",
)
EARLIER = "2025-06-10T10:00:00-06:00"
"""A visit long ago, by which the patient is the practice's."""


def seen_before(mrn: str) -> list[Resource]:
    """A visit of last year."""
    return [c.visit(mrn, EARLIER, number=1)]


def first() -> list[Resource]:
    """What the EHR knows on the first night."""
    left = "2026-03-02T{}-07:00"
    return [
        *c.practice(),
        *_patients(),
        # transitional care
        *seen_before("7001"),
        c.stay("7001", "2026-02-27T08:00:00-07:00", left.format("11:00:00"), "home"),
        *seen_before("7002"),
        c.stay("7002", "2026-02-26T08:00:00-07:00", left.format("16:00:00"), "home"),
        *seen_before("7003"),
        c.stay("7003", "2026-02-28T08:00:00-07:00", "2026-03-03T10:00:00-07:00", "home"),
        # twenty minutes after midnight in Colby is still the evening before in Denver
        *seen_before("7004"),
        c.stay(
            "7004",
            "2026-03-01T08:00:00-06:00",
            "2026-03-03T00:20:00-06:00",
            "home",
            place=c.COLBY_HOSPITAL,
        ),
        *seen_before("7005"),
        c.stay("7005", "2026-03-01T08:00:00-07:00", "2026-03-03T12:00:00-07:00"),
        *seen_before("7006"),
        c.stay("7006", "2026-02-25T08:00:00-07:00", left.format("14:00:00"), "snf"),
        *seen_before("7007"),
        c.stay("7007", "2026-02-27T08:00:00-07:00", left.format("10:30:00"), "home"),
        *seen_before("7008"),
        c.stay("7008", "2026-02-27T08:00:00-07:00", left.format("09:15:00"), "home"),
        c.stay("7009", "2026-03-01T08:00:00-07:00", "2026-03-03T15:00:00-07:00", "home"),
        *seen_before("7010"),
        c.stay("7010", "2026-03-02T08:00:00-07:00"),
        *seen_before("7017"),
        c.stay("7017", "2026-02-05T08:00:00-07:00", "2026-02-09T11:00:00-07:00", "home"),
        c.visit("7017", "2026-02-13T09:00:00-07:00", number=2),
        c.note("7017", 2, "2026-02-13T12:00:00-07:00"),
        c.reconciled("7017", 2, "2026-02-13T09:10:00-07:00"),
        *seen_before("7018"),
        c.stay("7018", "2026-02-05T08:00:00-07:00", "2026-02-10T11:00:00-07:00", "home"),
        c.visit("7018", "2026-02-13T10:00:00-07:00", number=2),
        c.note("7018", 2, "2026-02-13T12:30:00-07:00"),
        c.reconciled("7018", 2, "2026-02-13T10:10:00-07:00"),
        *seen_before("7020"),
        c.stay("7020", "2026-02-27T08:00:00-07:00", left.format("12:00:00"), "home"),
        *seen_before("7021"),
        c.stay("7021", "2026-02-14T08:00:00-07:00", "2026-02-18T11:00:00-07:00", "home"),
        c.visit("7021", "2026-02-24T09:00:00-07:00", number=2),
        c.note("7021", 2, "2026-02-24T12:00:00-07:00"),
        c.reconciled("7021", 2, "2026-02-24T09:10:00-07:00"),
        *seen_before("7022"),
        c.stay("7022", "2026-02-20T08:00:00-07:00", "2026-02-24T11:00:00-07:00", "home"),
        c.visit("7022", "2026-03-03T09:00:00-07:00", number=2),
        # charge capture
        c.visit("7011", "2026-02-26T09:00:00-07:00"),
        c.note("7011", 1, "2026-02-26T12:00:00-07:00"),
        c.visit("7012", "2026-02-26T09:30:00-07:00"),
        c.note("7012", 1, "2026-02-26T12:00:00-07:00"),
        c.visit("7013", "2026-02-25T09:30:00-07:00"),
        c.note("7013", 1, "2026-02-25T12:00:00-07:00"),
        c.visit("7014", "2026-02-26T10:00:00-07:00", by=c.RN),
        c.note("7014", 1, "2026-02-26T12:00:00-07:00", by=c.RN),
        c.visit("7015", "2026-02-26T10:30:00-07:00", by=c.NP),
        c.note("7015", 1, "2026-02-26T12:00:00-07:00", "preliminary", by=c.NP),
        c.visit("7016", "2026-02-25T11:00:00-07:00"),
        c.note("7016", 1, "2026-02-25T12:00:00-07:00"),
        c.visit("7019", "2026-02-27T16:30:00-06:00", by=c.NP, place=c.COLBY),
        c.note("7019", 1, "2026-02-27T17:00:00-06:00", by=c.NP),
    ]


def second() -> list[Resource]:
    """What the EHR knows of new on the second night."""
    return [
        c.stay("7005", "2026-03-01T08:00:00-07:00", "2026-03-03T12:00:00-07:00", "home"),
        c.stay("7010", "2026-03-02T08:00:00-07:00", "2026-03-05T13:00:00-07:00", "home"),
        c.note("7015", 1, "2026-02-26T12:00:00-07:00", by=c.NP),
        c.note("7022", 2, "2026-03-05T12:00:00-07:00"),
        c.reconciled("7022", 2, "2026-03-03T09:10:00-07:00"),
    ]


def _patients() -> Iterable[Resource]:
    for mrn, family, given, born, sex, payer in (
        ("7001", "Ortiz", "Alma", "1951-04-11", "female", MEDICARE),
        ("7002", "Keller", "Bernard", "1947-09-30", "male", HUMANA),
        ("7003", "Nguyen", "Celia", "1956-05-14", "female", MEDICARE),
        ("7004", "Whitehorse", "Dale", "1949-02-20", "male", MEDICARE),
        ("7005", "Fowler", "Edith", "1939-10-05", "female", MEDICARE),
        ("7006", "Moreau", "Frank", "1941-01-15", "male", MEDICARE),
        ("7007", "Lindqvist", "Grace", "1960-06-28", "female", "KAISER FOUNDATION HP"),
        ("7008", "Barnes", "Hugh", "1952-12-03", "male", AETNA),
        ("7009", "Duarte", "Ines", "1955-08-08", "female", AETNA),
        ("7010", "Petty", "Jonas", "1945-04-25", "male", MEDICARE),
        ("7011", "Boyd", "Karen", "1962-07-21", "female", AETNA),
        ("7012", "Romero", "Luis", "1958-11-02", "male", AETNA),
        ("7013", "Tran", "Mai", "1981-10-30", "female", MEDICAID),
        ("7014", "Whitfield", "Nora", "1977-09-09", "female", AETNA),
        ("7015", "Haddad", "Omar", "1970-03-17", "male", AETNA),
        ("7016", "Stein", "Paula", "1958-12-07", "female", AETNA),
        ("7017", "Abbott", "Quinn", "1948-06-02", "male", MEDICARE),
        ("7018", "Valdez", "Rosa", "1944-12-19", "female", MEDICARE),
        ("7019", "Ellery", "Samuel", "1965-05-05", "male", AETNA),
        ("7020", "Novak", "Tess", "1953-01-27", "female", MEDICARE),
        ("7021", "Castillo", "Uma", "1950-03-08", "female", MEDICARE),
        ("7022", "Ivers", "Walt", "1946-08-23", "male", MEDICARE),
    ):
        yield c.patient(mrn, family, given, born, sex)
        yield c.coverage(mrn, payer)


# ---- the schedule ------------------------------------------------------------------------------


def _booked(
    number: str, mrn: str, name: str, born: str, at: str, written: str, place: str = "DEN"
) -> str:
    return "\r".join(
        (
            f"MSH|^~\\&|CADENCE|PVFM|TL|PVFM|{written}||SIU^S12^SIU_S12|M{number}|P|2.5.1",
            f"SCH|{number}|F{number}|||||POSTHOSP^Post-hospital visit||30|MIN|^^30^{at}||||||||||||||Booked",
            f"PID|1||{mrn}^^^PVFM^MR||{name}||{born}|U",
            f"PV1|1|O|{place}^^^PVFM",
            "RGS|1",
            f"AIL|1||{place}^^^PVFM",
            "AIP|1||1689999997^Osei^Amara^^^^^^NPI",
            "",
        )
    )


SCHEDULED: dict[str, dict[str, str]] = {
    "2026-03-04": {
        "siu_history.hl7": _booked(
            "301", "7017", "ABBOTT^QUINN", "19480602", "20260213090000", "20260210091500"
        )
        + _booked("302", "7018", "VALDEZ^ROSA", "19441219", "20260213100000", "20260211114500")
        + _booked("303", "7021", "CASTILLO^UMA", "19500308", "20260224090000", "20260219103000")
        + _booked("304", "7022", "IVERS^WALTER", "19460823", "20260303090000", "20260225141000"),
        # somebody with no discharge: it says that the interface was up all day
        "siu_20260304_1.hl7": _booked(
            "305", "7012", "ROMERO^LUIS", "19581102", "20260610090000", "20260304164500"
        ),
    },
    "2026-03-05": {
        "siu_20260305_1.hl7": _booked(
            "306", "7001", "ORTIZ^ALMA R", "19510411", "20260309093000", "20260305101500"
        ),
        "siu_20260305_2.hl7": _booked(
            "307", "7009", "DUARTE^INES", "19550808", "20260310110000", "20260305163000"
        ),
    },
}

# ---- the clearinghouse -------------------------------------------------------------------------


def _accepted(*claims: tuple[str, str, str], day: str) -> bytes:
    """A 277CA by which payers accept claims: number, charge, payer's number."""
    loops = [
        [
            "NM1*QC*1*LAST*FIRST****MI*W1",
            f"TRN*2*{number}",
            f"STC*A2:20:PR*{day}*WQ*{charge}",
            f"REF*1K*{theirs}",
        ]
        for number, charge, theirs in claims
    ]
    return wire.simple(wire.STATUS, wire.statuses(*loops), header=_isa(day))


def _paid(number: str, charge: str, paid: str, off: str, *, check: str, day: str) -> bytes:
    """An 835 with one claim: paid, and the rest taken off by contract."""
    body = [
        f"BPR*I*{paid}*C*ACH*CCP*01*111*DA*22*1512345678**01*333*DA*44*{day}",
        f"TRN*1*{check}*1512345678",
        f"DTM*405*{day}",
        "N1*PR*NOVITAS SOLUTIONS*XV*04412",
        "N1*PE*PLATTE VALLEY FAMILY MEDICINE*XX*1992999999",
        "LX*1",
        f"CLP*{number}*1*{charge}*{paid}*0*MB*ICN{number}*11*1",
        "NM1*QC*1*LAST*FIRST****MI*W1",
        f"SVC*HC:{'99495' if charge == '290' else '99496'}*{charge}*{paid}**1",
        "DTM*472*20260213",
        f"CAS*CO*45*{off}",
    ]
    return wire.simple(wire.REMITTANCE, body, header=_isa(day))


def _taken(group: str, *, day: str) -> bytes:
    """A 999: the group of claims that the billing system sent is accepted."""
    body = [
        f"AK1*HC*{group}*005010X222A1",
        "AK2*837*0001*005010X222A1",
        "IK5*A",
        "AK9*A*1*1*1",
    ]
    return wire.simple(wire.SYNTAX, body, header=_isa(day))


def _isa(day: str) -> str:
    return wire.isa(int(day[-4:]), at=f"{day[2:]}*2100")


CLEARED: dict[str, dict[str, bytes]] = {
    "2026-03-04": {
        "277CA_20260304.x12": _accepted(
            ("K7011", "148", "A7011"),
            ("K7016", "210", "A7016"),
            ("K7017", "290", "M7017"),
            ("K7018", "390", "M7018"),
            day="20260304",
        ),
        "835_20260304.x12": _paid("K7017", "290", "232", "58", check="EFT90017", day="20260304"),
        "999_20260304.x12": _taken("9001", day="20260304"),
    },
    "2026-03-05": {
        "277CA_20260305.x12": _accepted(("K7012", "210", "A7012"), day="20260305"),
        "835_20260305.x12": _paid("K7018", "390", "312", "78", check="EFT90018", day="20260305"),
        "999_20260305.x12": _taken("9002", day="20260305"),
    },
}
