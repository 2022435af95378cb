"""Small files as other systems send them, about persons and claims of the sandbox's world.

They have the structure of files that people reported in public (docs/foreign-inputs.md): the answers of one payer
share their control numbers and their trace, and so do the messages of one scheduling system their second.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

REMITTANCE, ANSWER, CLAIM = "005010X221A1", "005010X279A1", "005010X222A1"
NPI = "1234567893"
PHYSICIAN = f"AIP|1|A|{NPI}^SMYTHE^A^^^^^^NPI^^^^NPI|MD"


@dataclass(frozen=True)
class Bill:
    """A claim that waits for its payment: our control number of it, its only line, its payer."""

    number: str
    payer: str
    code: str
    modifiers: list[str]
    units: Decimal
    charge: Decimal

    def is_paid(self, paid: int, *, less: int = 0) -> list[str]:
        """Its CLP loop: 10 is left to the patient, the rest of the charge to the contract, but for `less`."""
        off = self.charge - paid - 10 - less
        return clp(self.number, self.charge, paid, f"CAS*CO*45*{off:f}", self.code)


@dataclass(frozen=True)
class Member:
    """Who is insured with which payer."""

    payer: str
    number: str
    family: str
    born: date


def clp(number: str, charge: Decimal, paid: int, cas: str, code: str) -> list[str]:
    """The loop of a claim with one line, of which the patient owes 10."""
    return [
        f"CLP*{number}*1*{charge:f}*{paid}*10*12*PC{number}*11*1",
        "NM1*QC*1*QUIRK*Z****MI*M1",
        f"SVC*HC:{code}*{charge:f}*{paid}**1",
        "DTM*472*20260801",
        cas,
        "CAS*PR*1*10",
    ]


def paid_otherwise(bill: Bill, paid: int) -> list[str]:
    """The loop of a claim whose line was paid under another code (SVC06 and SVC07 say what was submitted)."""
    submitted = ":".join(["HC", bill.code, *bill.modifiers])
    return [
        f"CLP*{bill.number}*1*{bill.charge:f}*{paid}*0*12*PC{bill.number}*11*1",
        "NM1*QC*1*QUIRK*Z****MI*M1",
        f"SVC*HC:80053*{bill.charge:f}*{paid}**1*{submitted}*{bill.units:f}",
        "DTM*472*20260801",
        "REF*6R*L1",
        f"CAS*CO*45*{bill.charge - paid:f}",
    ]


def remittance(
    day: date, check: str, payer: str, total: int, loop: list[str], plb: Iterable[str] = ()
) -> bytes:
    """An 835 of one claim."""
    body = [
        f"BPR*I*{total}*C*ACH*CCP*01*999999992*DA*123*1512345678*01*999999992*DA*123*{day:%Y%m%d}",
        f"TRN*1*{check}*1512345678",
        f"DTM*405*{day:%Y%m%d}",
        "N1*PR*PAYER",
        "N3*A",
        "N4*B*NY*10001",
        f"REF*2U*{payer}",
        f"N1*PE*CLINIC*XX*{NPI}",
        "LX*1",
        *loop,
        *plb,
    ]
    return x12(day, "HP", "835", REMITTANCE, body)


def answer(day: date, who: Member, *benefit: str) -> bytes:
    """A 271 about one member: Part B since 2015, and one more benefit. Each has the same trace."""
    body = [
        f"BHT*0022*11*T1*{day:%Y%m%d}*0930",
        "HL*1**20*1",
        f"NM1*PR*2*CMS*****PI*{who.payer}",
        "HL*2*1*21*1",
        f"NM1*1P*2*CLINIC*****XX*{NPI}",
        "HL*3*2*22*0",
        "TRN*2*TR1*1234567890",
        f"NM1*IL*1*{who.family}*J****MI*{who.number}",
        f"DMG*D8*{who.born:%Y%m%d}*F",
        f"DTP*291*D8*{day:%Y%m%d}",
        "EB*1**30*MB",
        "DTP*291*D8*20150101",
        *benefit,
    ]
    return x12(day, "HB", "271", ANSWER, body)


def advantage(kind: str) -> list[str]:
    """A plan of Part C (HM, PR, PS)."""
    return [
        f"EB*R**30*{kind}*H1234 001",
        "REF*18*H1234 001",
        "DTP*290*D8*20260101",
        "LS*2120",
        "NM1*PRP*2*BIG PLAN",
        "LE*2120",
    ]


DRUGS = (
    "EB*R**88*OT*S5678 002",
    "REF*18*S5678 002",
    "DTP*292*D8*20260101",
    "LS*2120",
    "NM1*PR*2*DRUG PLAN",
    "LE*2120",
)


def copy_of_a_claim(day: date, number: str, charge: int) -> bytes:
    """The 837 of a claim that was remitted before its copy came."""
    body = [
        f"BHT*0019*00*B1*{day:%Y%m%d}*1201*CH",
        "NM1*41*2*OTHER BILLING*****46*OTHERBILL",
        "NM1*40*2*HOUSE*****46*HOUSE",
        "HL*1**20*1",
        f"NM1*85*2*CLINIC*****XX*{NPI}",
        "REF*EI*161234567",
        "HL*2*1*22*0",
        "SBR*P*18*******MB",
        "NM1*IL*1*QUIRK*ZEBULON****MI*1EG4TE5MK73",
        "DMG*D8*19500203*M",
        "NM1*PR*2*PAYER*****PI*60054",
        f"CLM*{number}*{charge}***11:B:1*Y*A*Y*Y",
        "HI*ABK:I10",
        "LX*1",
        f"SV1*HC:99213*{charge}*UN*1***1",
        "DTP*472*D8*20260801",
    ]
    return x12(day, "HC", "837", CLAIM, body)


def x12(day: date, functional: str, kind: str, version: str, body: list[str]) -> bytes:
    """One transaction set in one interchange; its control numbers are always the same."""
    segments = [
        f"ISA*00*          *00*          *ZZ*{'PAYER':<15}*ZZ*{'PROVIDER':<15}*{day:%y%m%d}*0930"
        "*^*00501*000000905*0*P*:",
        f"GS*{functional}*S*R*{day:%Y%m%d}*0930*1*X*{version}",
        f"ST*{kind}*0001*{version}",
        *body,
        f"SE*{len(body) + 2}*0001",
        "GE*1*1",
        "IEA*1*000000905",
    ]
    return "".join(f"{segment}~\n" for segment in segments).encode()


def siu(
    day: date,
    appointment: str,
    mrn: str,
    *,
    event: str = "S12",
    status: str = "Booked",
    phone: str = "(212)555-0100^PRN^PH",
    people: Iterable[str] = (PHYSICIAN,),
) -> bytes:
    """One message, an appointment nine days later."""
    on = day + timedelta(days=9)
    segments = [
        f"MSH|^~\\&|SCHED|CLINIC|TL|TL|{day:%Y%m%d}120000||SIU^{event}^SIU_S12|C{appointment}|P|2.5.1",
        f"SCH|1001|{appointment}|||||FU^Follow up|OFFICE^Office visit|30|MIN|"
        f"^^30^{on:%Y%m%d}093000^{on:%Y%m%d}100000||||||||||||||{status}",
        f"PID|1||{mrn}^^^LAKESIDE^MR||QUIRK^Z||19600101|F|||1 A ST^^TOWN^NY^10001||{phone}",
        "PV1|1|O|^^^CLINIC",
        "RGS|1|A",
        f"AIS|1|A|OFFICE^Office visit|{on:%Y%m%d}093000",
        *people,
    ]
    return "".join(f"{segment}\r" for segment in segments).encode()
