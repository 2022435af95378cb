"""Writes files as systems of record would send them, without using any code of the readers."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from throughline.sources.records import Fault
from throughline.sources.x12.reader import read

CLAIMS, INSTITUTIONAL = "005010X222A1", "005010X223A2"
REMITTANCE, STATUS = "005010X221A1", "005010X214"
ELIGIBILITY, SYNTAX = "005010X279A1", "005010X231A1"
GROUP_OF = {
    CLAIMS: ("HC", "837"),
    INSTITUTIONAL: ("HC", "837"),
    REMITTANCE: ("HP", "835"),
    STATUS: ("HN", "277"),
    ELIGIBILITY: ("HB", "271"),
    SYNTAX: ("FA", "999"),
}


def isa(
    number: int = 1, *, component: str = ":", repetition: str = "^", at: str = "260903*1201"
) -> str:
    """An interchange header of 105 characters, without its terminator."""
    return (
        f"ISA*00*          *00*          *ZZ*{'HOUSE':<15}*ZZ*{'CLINIC':<15}*{at}"
        f"*{repetition}*00501*{number:09d}*0*P*{component}"
    )


def transaction(
    version: str, body: Iterable[str], number: str = "0001", *, count: int | None = None
) -> list[str]:
    """ST to SE around the segments of `body`."""
    inside = list(body)
    kind = GROUP_OF[version][1]
    return [
        f"ST*{kind}*{number}*{version}",
        *inside,
        f"SE*{len(inside) + 2 if count is None else count}*{number}",
    ]


def group(version: str, *transactions: list[str], number: int = 1) -> list[str]:
    """GS to GE around transaction sets."""
    head = f"GS*{GROUP_OF[version][0]}*HOUSE*CLINIC*20260903*1201*{number}*X*{version}"
    inside = [segment for one in transactions for segment in one]
    return [head, *inside, f"GE*{len(transactions)}*{number}"]


def interchange(*groups: list[str], number: int = 1, header: str | None = None) -> list[str]:
    """ISA to IEA around groups."""
    inside = [segment for one in groups for segment in one]
    return [header or isa(number), *inside, f"IEA*{len(groups)}*{number:09d}"]


def file_of(segments: list[str], terminator: str = "~", *, end: str = "") -> bytes:
    """The bytes of a file; `end` follows each terminator, as line ends do."""
    return "".join(segment + terminator + end for segment in segments).encode()


def simple(version: str, body: Iterable[str], **envelope: Any) -> bytes:
    """One transaction set in one group in one interchange."""
    return file_of(interchange(group(version, transaction(version, body)), **envelope))


def claim(number: str, charge: str = "100", **parts: str) -> list[str]:
    """The CLM loop of a professional claim with one line."""
    day = parts.get("day", "20260828")
    return [
        f"CLM*{number}*{charge}***{parts.get('place', '11:B:1')}*Y*A*Y*Y",
        "REF*EA*MRN7",
        "HI*ABK:I10*ABF:E119",
        "NM1*82*1*DOE*ANN****XX*1457000005",
        "LX*1",
        f"SV1*HC:99213:25*{charge}*UN*1***1:2",
        f"DTP*472*D8*{day}",
        f"REF*6R*{number}L1",
    ]


def claims(*loops: list[str]) -> list[str]:
    """The body of an 837P: one provider, one subscriber, these claims."""
    return [
        "BHT*0019*00*B1*20260903*1201*CH",
        "NM1*41*2*LAKESIDE BILLING*****46*LAKEBILL",
        "NM1*40*2*HOUSE*****46*HOUSE",
        "HL*1**20*1",
        "NM1*85*2*LAKESIDE*****XX*1992000006",
        "REF*EI*161234567",
        "HL*2*1*22*0",
        "SBR*P*18*******MB",
        "NM1*IL*1*QUIRK*ZEBULON****MI*1EG4TE5MK73",
        "DMG*D8*19500203*M",
        "NM1*PR*2*MEDICARE*****PI*MEDB1",
        *(segment for loop in loops for segment in loop),
    ]


def payment(
    number: str, status: str = "1", charge: str = "100", paid: str = "80", **parts: str
) -> list[str]:
    """The CLP loop of a paid claim with one line."""
    return [
        f"CLP*{number}*{status}*{charge}*{paid}*{parts.get('share', '20')}*MB*ICN{number}*11*1",
        "NM1*QC*1*QUIRK*ZEBULON****MI*1EG4TE5MK73",
        f"SVC*HC:99213:25*{charge}*{paid}**1",
        "DTM*472*20260828",
        *([parts["cas"]] if "cas" in parts else [f"CAS*PR*1*{parts.get('share', '20')}"]),
        f"REF*6R*{number}L1",
    ]


def remittance(*loops: list[str], after: Iterable[str] = ()) -> list[str]:
    """The body of an 835 of one payer with these CLP loops, and what follows them."""
    return [
        "BPR*I*80*C*ACH*CCP*01*111*DA*22*1512345678**01*333*DA*44*20260902",
        "TRN*1*CHECK9*1512345678",
        "DTM*405*20260901",
        "N1*PR*MEDICARE*XV*MEDB1",
        "N1*PE*LAKESIDE*XX*1992000006",
        "LX*1",
        *(segment for loop in loops for segment in loop),
        *after,
    ]


def statuses(*patients: list[str], source: str = "PR", provider: Iterable[str] = ()) -> list[str]:
    """The body of a 277CA; each patient is the segments after its HL."""
    body = [
        "BHT*0085*08*R1*20260903*1201*TH",
        "HL*1**20*1",
        f"NM1*{source}*2*WHO*****PI*MEDB1",
        "TRN*1*T0",
        "HL*2*1*21*1",
        "NM1*41*2*LAKESIDE BILLING*****46*LAKEBILL",
        "TRN*2*B1",
        "STC*A1:19:PR*20260903*WQ*100",
        "HL*3*2*19*1",
        "NM1*85*2*LAKESIDE*****XX*1992000006",
        "TRN*2*0",
        *provider,
    ]
    for number, loop in enumerate(patients, 4):
        body += [f"HL*{number}*3*PT", *loop]
    return body


def status(number: str, *composites: str, more: Iterable[str] = ()) -> list[str]:
    """What a 277CA says of one claim."""
    stc = [c if c.startswith("STC*") else f"STC*{c}*20260903*WQ*100" for c in composites]
    return ["NM1*QC*1*QUIRK*ZEBULON****MI*1EG4TE5MK73", f"TRN*2*{number}", *stc, *more]


def answer(
    *benefits: str, person: Iterable[str] | None = None, before: Iterable[str] = ()
) -> list[str]:
    """The body of a 271 about one subscriber."""
    who = ["TRN*2*TRACE1*9LAKE", "NM1*IL*1*QUIRK*ZEBULON****MI*1EG4TE5MK73", "DMG*D8*19500203*M"]
    return [
        "BHT*0022*11*A1*20260903*1201",
        "HL*1**20*1",
        "NM1*PR*2*MEDICARE*****PI*MEDB1",
        *before,
        "HL*2*1*21*1",
        "NM1*1P*2*LAKESIDE*****XX*1992000006",
        "HL*3*2*22*0",
        *(who if person is None else person),
        *benefits,
    ]


def found(data: bytes, feed: str | None = None) -> tuple[list[Any], list[Fault]]:
    """Read a file of X12: its records, and its faults."""
    feeds = frozenset({feed}) if feed else None
    everything = list(read(io.BytesIO(data), "f.x12", feeds))
    records = [one for one in everything if not isinstance(one, Fault)]
    return records, [one for one in everything if isinstance(one, Fault)]


def reasons(faults: Iterable[Fault]) -> list[str]:
    """The reasons of faults, in their order."""
    return [fault.reason for fault in faults]


def segment(tag: str, **fields: str) -> str:
    """A segment of HL7 v2 by the numbers of its fields: `segment("PV1", _19="VN1")`."""
    by_number = {int(name[1:]): value for name, value in fields.items()}
    return "|".join([tag, *(by_number.get(n, "") for n in range(1, max(by_number) + 1))])


SCH = {
    "_1": "PL1",
    "_2": "FI1",
    "_7": "TCM^visit",
    "_9": "30",
    "_10": "MIN",
    "_11": "^^30^20260910143000",
    "_25": "Booked",
}
PRACTITIONER = "457^Stone^Mary^^^^^^NPI"


def siu(event: str = "S12", control: str = "M1", **parts: str) -> str:
    """One SIU message, its segments ended by CR."""
    sch = {**SCH, "_6": parts.get("reason", ""), "_25": parts.get("filler", "Booked")}
    pid3 = parts.get("pid3", "77^^^LAKESIDE^MR~900^^^OTHER^PI")
    at = parts.get("at", "20260903120000-0400")
    lines = [
        f"MSH|^~\\&|SCHED|LAKESIDE|EHR|LAKESIDE|{at}||SIU^{event}|{control}|P|2.5",
        parts.get("sch", segment("SCH", **sch)),
        *([parts["tq1"]] if "tq1" in parts else []),
        f"PID|1||{pid3}||Quirk^Zebulon||19500203|M|||12 Elm^^Rochester^NY^14604||(585)555-0100",
        segment("PV1", _1="1", _2="O", _3="CLINIC^R1", _7=PRACTITIONER, _19="VN1"),
        "RGS|1",
        "AIS|1||TCM^visit|20260910143000",
        f"AIP|1||{PRACTITIONER}~D5^Stone",
    ]
    return "\r".join(lines) + "\r"
