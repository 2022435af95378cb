"""Writes the X12 of the benchmark's practice: claims, acknowledgements, remittances, eligibility answers."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from stack.benchmark.practice import BILLING_NPI, PAYERS, Resource, npi


def _interchange(
    kind: str, version: str, group: str, body: list[str], control: int, day: date
) -> str:
    isa = (
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{'LAKEBILL':15}*ZZ*{'CLEARING':15}*{day:%y%m%d}*1200*^*00501"
        f"*{control:09d}*0*P*:~"
    )
    head = [
        isa,
        f"GS*{group}*LAKEBILL*CLEARING*{day:%Y%m%d}*1200*{control}*X*{version}~",
        f"ST*{kind}*0001*{version}~" if kind != "835" else f"ST*{kind}*0001~",
    ]
    return (
        "\n".join(
            (*head, *body, f"SE*{len(body) + 2}*0001~", f"GE*1*{control}~", f"IEA*1*{control:09d}~")
        )
        + "\n"
    )


def _claim(number: int, visit: int, who: Resource, seen: date, level: int) -> list[str]:
    payer, name, _, filing = who["payer"]
    doctor = npi(who["practitioner"] + 1)
    return [
        f"HL*{level}*1*22*0~",
        f"SBR*P*18*******{filing}~",
        f"NM1*IL*1*{who['family']}*{who['given']}****MI*{who['member']}~",
        "N3*1 MAIN ST~",
        "N4*LAKESIDE*NY*12000~",
        f"DMG*D8*{who['birth']:%Y%m%d}*{who['sex'][0].upper()}~",
        f"NM1*PR*2*{name}*****PI*{payer}~",
        f"CLM*B{number}-{visit}*140***11:B:1*Y*A*Y*Y~",
        f"REF*EA*{who['mrn']}~",
        "HI*ABK:I10~",
        f"NM1*82*1*DOCTOR*PAT****XX*{doctor}~",
        "LX*1~",
        "SV1*HC:99213*140*UN*1***1~",
        f"DTP*472*D8*{seen:%Y%m%d}~",
        f"REF*6R*B{number}-{visit}-1~",
    ]


def _accepted(number: int, visit: int, who: Resource, seen: date, level: int) -> list[str]:
    return [
        f"HL*{level}*3*PT~",
        f"NM1*QC*1*{who['family']}*{who['given']}****MI*{who['member']}~",
        f"TRN*2*B{number}-{visit}~",
        f"STC*A2:20:PR*{seen:%Y%m%d}*WQ*140~",
        f"REF*1K*P{number}-{visit}~",
        f"DTP*472*D8*{seen:%Y%m%d}~",
    ]


PAID = 100
"""Dollars that a payer pays of each claim."""


def _paid(number: int, visit: int, who: Resource, seen: date, _: int) -> list[str]:
    return [
        f"CLP*B{number}-{visit}*1*140*{PAID}**MB*P{number}-{visit}*11*1~",
        f"NM1*QC*1*{who['family']}*{who['given']}****MI*{who['member']}~",
        f"SVC*HC:99213*140*{PAID}**1~",
        f"DTM*472*{seen:%Y%m%d}~",
        f"CAS*CO*45*{140 - PAID}~",
        f"REF*6R*B{number}-{visit}-1~",
    ]


def _eligible(number: int, who: Resource, day: date, level: int) -> list[str]:
    """The payer's answer: covered, and from which day the next wellness visit is paid.

    The dates are spread over a year, so that a few become due each night.
    """
    insurance = "MB" if who["payer"][3] == "MB" else "HN"
    due = day + timedelta(days=(number * 7) % 365 - 7)
    return [
        f"HL*{level}*2*22*0~",
        f"TRN*2*Q{number:09d}*9LAKEBILL~",
        f"NM1*IL*1*{who['family']}*{who['given']}****MI*{who['member']}~",
        f"DMG*D8*{who['birth']:%Y%m%d}*{who['sex'][0].upper()}~",
        f"EB*1**30*{insurance}~",
        "DTP*291*RD8*20240101-20991231~",
        "EB*D**********IN**HC:G0439~",
        f"DTP*348*D8*{due:%Y%m%d}~",
    ]


HEADS: dict[str, tuple[str, str, list[str]]] = {
    "837": (
        "005010X222A1",
        "HC",
        [
            "BHT*0019*00*1*20260901*1200*CH~",
            "NM1*41*2*LAKESIDE*****46*LAKEBILL~",
            "PER*IC*BILLING*TE*5551234567~",
            "NM1*40*2*CLEARING*****46*CLEARING~",
            "HL*1**20*1~",
            "PRV*BI*PXC*207Q00000X~",
            f"NM1*85*2*LAKESIDE MEDICAL GROUP*****XX*{BILLING_NPI}~",
            "N3*100 LAKE ST~",
            "N4*LAKESIDE*NY*120000000~",
            "REF*EI*123456789~",
        ],
    ),
    "277": (
        "005010X214",
        "HN",
        [
            "BHT*0085*08*1*20260901*1200*TH~",
            "HL*1**20*1~",
            "NM1*PR*2*PAYER*****PI*MEDB1~",
            "TRN*1*1~",
            "DTP*050*D8*20260901~",
            "DTP*009*D8*20260901~",
            "HL*2*1*21*1~",
            "NM1*41*2*LAKESIDE*****46*LAKEBILL~",
            "TRN*2*1~",
            "STC*A2:20:PR*20260901*WQ*1~",
            "HL*3*2*19*1~",
            f"NM1*85*2*LAKESIDE MEDICAL GROUP*****XX*{BILLING_NPI}~",
        ],
    ),
    "835": (
        "005010X221A1",
        "HP",
        [
            "BPR*I*{paid}*C*ACH*CCP*01*999999999*DA*1*1512345678**01*999988880*DA*2*20260901~",
            "TRN*1*{control}*1512345678~",
            "DTM*405*20260901~",
            "N1*PR*PAYER~",
            "N3*1 PAY ST~",
            "N4*ALBANY*NY*12000~",
            "PER*BL*HELP*TE*5550000000~",
            f"N1*PE*LAKESIDE MEDICAL GROUP*XX*{BILLING_NPI}~",
            "LX*1~",
        ],
    ),
}
ANSWER = [
    "BHT*0022*11*1*{day}*1200~",
    "HL*1**20*1~",
    "NM1*PR*2*PAYER*****PI*{payer}~",
    "HL*2*1*21*1~",
    f"NM1*1P*2*LAKESIDE MEDICAL GROUP*****XX*{BILLING_NPI}~",
]
LOOPS = {"837": _claim, "277": _accepted, "835": _paid}
CLAIMS_PER_FILE = 5000


def answers(folder: Path, night: date, rows: list[tuple[int, Resource]]) -> list[Path]:
    """A 271 for each payer that tells when the next wellness visit is due, and the 999 of the night."""
    files = []
    for place, (payer, *_) in enumerate(PAYERS[:2]):
        mine = [row for row in rows if row[1]["payer"][0] == payer]
        for part, start in enumerate(range(0, len(mine), CLAIMS_PER_FILE)):
            body = [line.format(day=f"{night:%Y%m%d}", payer=payer) for line in ANSWER]
            for level, row in enumerate(mine[start : start + CLAIMS_PER_FILE], start=3):
                body += _eligible(*row, night, level)
            control = int(f"{night:%m%d}{5 + place}{part:03d}")
            files.append(folder / f"{night:%Y%m%d}-271-{place}-{part}.x12")
            files[-1].write_text(_interchange("271", "005010X279A1", "HB", body, control, night))
    control = int(f"{night:%m%d}9000")
    body = [
        f"AK1*HC*{control}*005010X222A1~",
        "AK2*837*0001*005010X222A1~",
        "IK5*A~",
        "AK9*A*1*1*1~",
    ]
    files.append(folder / f"{night:%Y%m%d}-999.x12")
    files[-1].write_text(_interchange("999", "005010X231A1", "FA", body, control, night))
    return files


def claims(folder: Path, night: date, rows: list[tuple[int, int, Resource, date]]) -> list[Path]:
    files = []
    for kind, loop in LOOPS.items():
        version, group, head = HEADS[kind]
        for part, start in enumerate(range(0, len(rows), CLAIMS_PER_FILE)):
            control = int(f"{night:%m%d}{kind[0]}{part:03d}")
            mine = rows[start : start + CLAIMS_PER_FILE]
            body = [
                line.format(control=f"T{kind}{control}", paid=PAID * len(mine)) for line in head
            ]
            for level, row in enumerate(mine, start=4):
                body += loop(*row, level)
            path = folder / f"{night:%Y%m%d}-{kind}-{part}.x12"
            path.write_text(_interchange(kind, version, group, body, control, night))
            files.append(path)
    return files
