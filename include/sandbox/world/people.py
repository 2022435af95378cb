"""Generates a population: the people, their insurance, and their practitioners."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sandbox.ehr import care, records
from sandbox.world.engine import World, at
from sandbox.world.model import Coverage, Organization, Patient, Practitioner, Wellness

PAYERS = {
    "part_b": ("MEDB1", "Medicare Part B"),
    "advantage": ("SUNADV", "Sunrise Advantage"),
    "medicaid": ("MCAID", "State Medicaid"),
    "commercial": ("COMM1", "Commonwealth Mutual"),
}
FAMILY = (
    "Abbott Alvarez Andersen Baptiste Becker Bennett Bianchi Brennan Brooks Callahan Castillo Chen Cohen Cooper Cruz "
    "Dawson Delgado Diaz Donnelly Dubois Edwards Ellis Espinoza Farrell Ferreira Fischer Fletcher Flores Foster "
    "Gallagher Garcia Gomez Goldberg Grant Greene Gupta Hansen Harper Hassan Hayes Hernandez Hoffman Huang Hughes "
    "Ivanov Jackson Jansen Johnson Jordan Kaplan Kelly Khan Kim Kowalski Kramer Larsen Leblanc Lee Lewis Lindgren "
    "Lopez Lowe Maclean Maguire Marino Martinez Mbeki McCarthy Mendoza Meyer Miller Mitchell Morales Moreau Morgan "
    "Murphy Nakamura Nguyen Nielsen Novak OBrien Okafor Olsen Ortiz Owens Palmer Park Patel Pereira Petrov Phillips "
    "Quinn Ramirez Reed Reyes Richter Rivera Robinson Romano Rossi Ruiz Russo Ryan Sanchez Santos Schmidt Schultz "
    "Shah Silva Singh Sokolov Stewart Sullivan Suzuki Tanaka Taylor Thompson Torres Tran Turner Vargas Vasquez Vogel "
    "Wagner Walker Walsh Wang Ward Watson Weber White Williams Wong Wright Yamamoto Yang Young Zhang Zimmerman"
).split()
FEMALE = (
    "Alice Amelia Angela Anna Beatrice Betty Carmen Carol Catherine Clara Deborah Diane Dolores Edith "
    "Elena Eleanor Emily Esther Eva Fatima Florence Frances Gloria Grace Hannah Helen Irene Isabel Jane "
    "Janet Joan Judith Julia Karen Laura Lena Linda Lois Lucia Lucille Margaret Maria Marie Martha Mary "
    "Mei Mildred Nancy Naomi Nora Olga Olivia Patricia Priya Rachel Rosa Rose Ruth Sandra Sara Sofia "
    "Sonia Susan Sylvia Teresa Valentina Vera Victoria Virginia Yuki"
).split()
MALE = (
    "Aaron Adam Ahmed Albert Alexander Andrew Anthony Arthur Benjamin Boris Carl Carlos Charles Chen "
    "Daniel David Dennis Diego Dimitri Donald Edward Emil Ernest Eugene Felix Francis Frank Gabriel "
    "George Gerald Gustavo Hans Harold Henry Hiroshi Ian Isaac Jack James Jerome John Jorge Jose Joseph "
    "Kenneth Kevin Kofi Lars Leo Leonard Louis Luis Marco Mark Martin Michael Miguel Nathan Nicholas "
    "Oscar Patrick Paul Pedro Peter Rafael Raymond Richard Robert Samuel Stefan Theodore Thomas Victor "
    "Vincent Walter William"
).split()
STREETS = "Main Oak Maple Cedar Lake Park Elm Washington Pine Hill Church Mill River Spring Highland Union".split()
TOWNS = (("Rochester", "14604"), ("Greece", "14626"), ("Irondequoit", "14617"), ("Webster", "14580"),
         ("Henrietta", "14467"), ("Brighton", "14618"), ("Pittsford", "14534"), ("Penfield", "14526"))  # fmt: skip
CHRONIC = (
    "I10",
    "E11.9",
    "E78.5",
    "I50.22",
    "J44.9",
    "N18.31",
    "I48.91",
    "F33.1",
    "M17.11",
    "I25.10",
)
KINDS = (
    ("part_b", 0.25),
    ("advantage", 0.25),
    ("medicaid", 0.12),
    ("commercial", 0.33),
    ("self_pay", 0.05),
)
MBI = "ACDEFGHJKMNPQRTUVWXY"


def npi(number: int) -> str:
    """A national provider identifier with its check digit (ISO Luhn over 80840 and nine digits)."""
    body = f"{100000000 + number:09d}"
    total = 24
    for index, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{body}{-total % 10}"


def make(world: World, count: int) -> None:
    """Create the practice and ``count`` registered patients as of the first day, and write their records."""
    practice(world, count)
    for index in range(count):
        enroll(world, _patient(world, index))
    _doubles(world, count)


def practice(world: World, count: int) -> None:
    """Make the practice, the facilities around it, and the people who work there."""
    world.practice = Organization(
        "org-lakeside", "Lakeside Family Medicine", "practice", npi(234567), "161234567", "1 Main St", "Rochester",
        "NY", "14604", "5855550100", "261QP2300X",
    )  # fmt: skip
    kinds = (("acute", "General Hospital", "21"), ("snf", "Shore Nursing Center", "31"),
             ("psych", "Behavioral Hospital", "51"), ("rehab", "Rehabilitation Hospital", "61"),
             ("ltch", "Long Term Hospital", "21"))  # fmt: skip
    places = {world.practice.id: "11"}
    world.organizations[world.practice.id] = world.practice
    for index, (kind, name, place) in enumerate(kinds):
        building = Organization(
            f"org-{kind}", f"Lakeside {name}", kind, npi(300000 + index), f"16200000{index}", f"{100 + index} Lake Ave",
            "Rochester", "NY", "14604", "5855550200",
        )  # fmt: skip
        world.organizations[building.id] = building
        places[building.id] = place
    for building in world.organizations.values():
        _put(world, records.organization(building))
        _put(world, records.location(building, places[building.id]))
    doctors = max(3, count // 600)
    roles = (
        ["MD"] * doctors
        + ["DO"]
        + ["NP"] * max(1, doctors // 3)
        + ["RN"] * max(1, doctors // 3)
        + ["MA"]
    )
    taxonomies = {
        "MD": "207Q00000X",
        "DO": "207Q00000X",
        "NP": "363LF0000X",
        "RN": "163W00000X",
        "MA": "363AM0700X",
    }
    for index, role in enumerate(roles):
        key = f"practitioner {index}"
        made = Practitioner(
            f"prac-{index + 1:03d}", npi(500000 + index), world.chance.pick(key, "family", FAMILY),
            world.chance.pick(key, "given", FEMALE + MALE), role, taxonomies[role], role in ("MD", "DO", "NP"),
        )  # fmt: skip
        world.practitioners[made.id] = made
        _put(world, records.practitioner(made))


def enroll(world: World, who: Patient) -> None:
    """Register a patient and write down what the EHR knows at registration."""
    world.patients[who.id] = who
    world.by_mrn[who.mrn] = who.id
    _put(world, records.patient(world, who))
    for index in range(len(who.coverages)):
        _put(world, records.coverage(who, index))
    registered = world.clock.now
    for category in who.consents:
        _put(world, records.consent(who, category, True, registered))
    for index, code in enumerate(who.conditions):
        _put(world, care.condition(f"cond-{who.id}-p{index}", who.id, "", code, registered))
    for index, had in enumerate(who.wellness):
        if not had.elsewhere:
            _put(
                world,
                care.procedure(
                    f"proc-{who.id}-w{index}",
                    who.id,
                    "",
                    had.code,
                    at(had.day, 10),
                    who.practitioner_id,
                    records.HCPCS,
                ),
            )
    write_person(world, who)


def put_patient(world: World, who: Patient) -> None:
    """Write a new version of a registration; what others wrote into the chart stays."""
    made = records.patient(world, who)
    if who.is_foreign:
        kept = world.resources.read("Patient", who.id) or {}
        changed = ("active", "deceasedDateTime", "telecom", "address", "link")
        made = {**kept, **{name: made[name] for name in changed if name in made}}
    world.resources.put(made, world.clock.now)


def write_person(world: World, who: Patient) -> None:
    """Write a person's identity to the truth; privacy tests search for these values where they must not appear."""
    world.truth.write(
        "persons",
        {
            "patient": who.id,
            "person": who.person,
            "mrn": who.mrn,
            "family": who.family,
            "given": who.given,
            "birth_date": who.birth_date.isoformat(),
            "sex": who.sex,
            "phone": who.phone,
            "street": who.street,
            "payers": [
                [c.kind, c.payer_id, c.member_id, c.starts.isoformat(), c.order, c.is_qmb]
                for c in who.coverages
            ],
            "wellness": [[w.code, w.day.isoformat(), w.elsewhere] for w in who.wellness],
        },
        feed="patient",
    )  # fmt: skip


def billable(world: World) -> list[Practitioner]:
    """Those who may bill."""
    return [p for p in world.practitioners.values() if p.is_billable and p.id.startswith("prac-")]


def _put(world: World, resource: records.Resource) -> None:
    world.resources.put(resource, world.clock.now, is_new=True)


def _patient(world: World, index: int) -> Patient:
    chance, key = world.chance, f"person {index}"
    kind = chance.weighted(key, "payer", KINDS)
    sex = "F" if chance(key, "sex") < 0.53 else "M"
    born = _birth_date(world, key, kind)
    town, zip_code = chance.pick(key, "town", TOWNS)
    doctors = billable(world)
    who = Patient(
        id=f"pat-{index + 1:06d}",
        person=f"person-{index + 1:06d}",
        mrn=f"LK{700001 + index * 7:08d}",
        family=chance.pick(key, "family", FAMILY),
        given=chance.pick(key, "given", FEMALE if sex == "F" else MALE),
        sex=sex,
        birth_date=born,
        phone=""
        if chance(key, "phone") < 0.02
        else f"585{200 + index // 10000 % 800:03d}{index % 10000:04d}",
        street=f"{chance.within(key, 'number', 1, 1999)} {chance.pick(key, 'street', STREETS)} St",
        city=town,
        state="NY",
        postal_code=zip_code,
        practitioner_id=doctors[index % len(doctors)].id,
    )
    draw = chance(key, "language")
    if draw < 0.10:
        who.language, who.interpreter = (
            ("es" if draw < 0.06 else "zh" if draw < 0.08 else "ru"),
            draw < 0.05,
        )
    who.is_confidential = chance(key, "confidential") < 0.01
    who.consents = tuple(c for c in ("automated_contact", "sms") if chance(key, c) < 0.75)
    sick = 3 if kind in ("part_b", "advantage") else 1
    who.conditions = tuple(
        sorted(
            {
                chance.pick(key, f"condition {n}", CHRONIC)
                for n in range(chance.within(key, "sick", 0, sick))
            }
        )
    )
    who.coverages = _coverages(world, key, who, kind)
    who.wellness = wellness_history(world, key, who)
    return who


def _birth_date(world: World, key: str, kind: str) -> date:
    chance, today = world.chance, world.first_night
    if kind in ("part_b", "advantage"):
        draw = chance(key, "age")
        if draw < 0.10 and kind == "part_b":  # turned 65 within the last year
            days = chance.within(key, "days", 65 * 365 + 20, 66 * 365 - 20)
        elif draw < 0.18:  # entitled by disability
            days = chance.within(key, "days", 42 * 365, 64 * 365)
        else:
            days = chance.within(key, "days", 66 * 365 + 30, 93 * 365)
    elif kind == "medicaid":
        days = chance.within(key, "days", 19 * 365, 63 * 365)
    else:
        days = chance.within(key, "days", 18 * 365, 64 * 365)
    return today - timedelta(days=days)


def member_id(world: World, key: str, kind: str, index: int) -> str:
    """An identifier as that payer writes them; unique by ``index``. Medicare's are MBI-shaped (11 characters)."""
    if kind == "part_b":
        letters = [MBI[(index // 20**n) % 20] for n in range(4)]
        first = f"{1 + index % 9}{letters[0]}{letters[1]}{index % 10}"
        return f"{first}{letters[2]}{letters[3]}{index // 7 % 10}AA{index % 100:02d}"
    prefix = {"advantage": "S", "medicaid": "M", "commercial": "C"}[kind]
    return f"{prefix}{world.chance.within(key, 'member', 100, 999)}{index:06d}"


def _coverages(world: World, key: str, who: Patient, kind: str) -> list[Coverage]:
    if kind == "self_pay":
        return []
    chance, index = world.chance, int(who.number)

    def has(
        what: str, starts: date, order: int, ends: date | None = None, qmb: bool = False
    ) -> Coverage:
        payer, name = PAYERS[what]
        return Coverage(
            f"cov-{who.number}-{order}-{what[:3]}",
            what,
            payer,
            name,
            member_id(world, key, what, index),
            starts,
            ends,
            order,
            qmb,
        )

    if kind not in ("part_b", "advantage"):
        year = world.first_night.year - chance.within(key, "since", 0, 6)
        return [has(kind, date(year, 1, 1), 1)]
    starts = part_b_start(world, key, who.birth_date)
    if kind == "advantage":
        return [
            has(
                "advantage",
                max(starts, date(world.first_night.year - chance.within(key, "since", 0, 4), 1, 1)),
                1,
            )
        ]
    draw = chance(key, "secondary")
    change = (world.first_night.replace(day=1) + timedelta(days=31)).replace(day=1)
    if chance(key, "switch") < 0.015:  # joins an Advantage plan at the next month's beginning
        return [has("part_b", starts, 1, change - timedelta(days=1)), has("advantage", change, 1)]
    if draw < 0.35:
        return [has("part_b", starts, 1), has("commercial", starts, 2)]
    if draw < 0.50:
        qmb = draw < 0.45
        return [has("part_b", starts, 1, qmb=qmb), has("medicaid", starts, 2)]
    return [has("part_b", starts, 1)]


def part_b_start(world: World, key: str, born: date) -> date:
    """The month of the 65th birthday; later for those who kept working; earlier for the disabled."""
    chance, today = world.chance, world.first_night
    turns = date(born.year + 65, born.month, 1)
    if turns > world.first_day:
        return (
            date(
                today.year - chance.within(key, "disabled since", 1, 8),
                chance.within(key, "month", 1, 12),
                1,
            )
            if (turns > today)
            else turns
        )
    if chance(key, "kept working") < 0.10 and turns.year + 4 < today.year:
        return date(turns.year + chance.within(key, "worked", 1, 4), 7, 1)
    return turns


def wellness_history(world: World, key: str, who: Patient) -> list[Wellness]:
    """Earlier wellness visits that Medicare's rules would have paid for."""
    medicare = [c for c in who.coverages if c.kind in ("part_b", "advantage")]
    if not medicare:
        return []
    chance, today = world.chance, world.first_day
    starts = min(c.starts for c in medicare)
    known = (
        starts
        if medicare[0].kind == "part_b"
        else min(starts, date(who.birth_date.year + 65, who.birth_date.month, 1))
    )
    months = (today - known).days / 30.4
    elsewhere = chance(key, "wellness elsewhere") < 0.25
    if months < 12:
        if months > 2 and chance(key, "welcome visit") < 0.25:
            return [Wellness("G0402", known + timedelta(days=30), elsewhere)]
        return []
    if chance(key, "wellness ever") < 0.25:
        return []
    last = today - timedelta(days=chance.within(key, "wellness last", 40, 760))
    first_day = date(known.year + 1, known.month, 1)
    if last <= first_day:
        return (
            [Wellness("G0438", first_day + timedelta(days=20), elsewhere)]
            if first_day + timedelta(days=20) < today
            else []
        )
    earlier = last - timedelta(days=chance.within(key, "wellness gap", 370, 500))
    if earlier <= first_day:
        return [Wellness("G0438", last, elsewhere)]
    return [
        Wellness("G0438", earlier, chance(key, "wellness first elsewhere") < 0.25),
        Wellness("G0439", last, elsewhere),
    ]


def _doubles(world: World, count: int) -> None:
    """Some people are registered twice, with another record number: later merged, or left in doubt."""
    for index in range(count):
        if world.chance(f"person {index}", "registered twice") >= 0.006:
            continue
        who = world.patients[f"pat-{index + 1:06d}"]
        again = Patient(
            f"pat-{900000 + index:06d}d", who.person, f"LK{60000001 + index * 3:08d}", who.family, who.given, who.sex,
            who.birth_date, who.phone if index % 2 else f"607555{index % 10000:04d}", who.street, who.city, who.state,
            who.postal_code, who.practitioner_id,
        )  # fmt: skip
        enroll(world, again)
        nights = world.chance.within(who.id, "merge night", -20, 25)
        if nights < 15:
            when: datetime = at(world.first_night + timedelta(days=max(nights, -25)), 11)
            world.schedule(when, "merge", (again.id, who.id))
