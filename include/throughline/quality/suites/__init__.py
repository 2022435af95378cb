"""The rules that each feed's rows must meet before they are loaded.

A `Rule` checks rows: its `violation` is a SQL condition on one staged row, called `r`; `:batch` in it
stands for the batch's id. Its severity decides what happens. critical: the feed stops if more than the
share `tolerated` of its rows violate the rule; otherwise those rows are set aside. warning: the rows
are set aside. info: the violation is only noted.

Checks on a whole delivery (volume, freshness, unreadable files, drift) are the same for every feed:
see `history`.
"""

from __future__ import annotations

from dataclasses import dataclass

from throughline.sources import catalogue
from throughline.sources.entry import CatalogueError

CRITICAL, WARNING, INFO = "critical", "warning", "info"


@dataclass(frozen=True)
class Rule:
    """One rule of a feed; `name` is the reason given for quarantined rows.

    Releasing a stopped feed also accepts the rows that stopped it, unless the rule is not
    `releasable`: a row without an identifier cannot be loaded. `also` names the feed's other tables
    whose rows the rule checks. Of money that does not balance, `sums` are SQL for the sum that is stated
    and the one that the amounts around it explain; with `names_payer`, the payments of the row's payer
    are not known while it waits. With `of_set`, the rows of one transaction set (`set_at`) violate it
    together, and one decision is about all of them.
    """

    name: str
    violation: str
    severity: str = WARNING
    tolerated: float = 0.2
    releasable: bool = True
    also: tuple[str, ...] = ()
    sums: tuple[str, str] | None = None
    names_payer: bool = False
    of_set: bool = False


def _identified(*more: str) -> list[Rule]:
    return [
        Rule(
            "identifier missing",
            "r.source_id is null or r.source_id = ''",
            CRITICAL,
            releasable=False,
        ),
        *[Rule(f"{name} missing", f"{name} is null", CRITICAL, 0.5) for name in more],
    ]


def _dated(column: str, earliest: str = "1900-01-01") -> list[Rule]:
    return [
        Rule(f"{column} before {earliest[:4]}", f"{column} < date '{earliest}'"),
        Rule(
            f"{column} in the future",
            f"{column} > (select max(cut_off) + interval '3 years' from operations.night)",
        ),
    ]


_ALIVE = "not is_deleted"

# The patient is known from an earlier night or arrives on this one. A late feed of patients must not
# hold up the others, so a missing patient is only noted.
_KNOWN = Rule(
    "patient not known",
    "not r.is_deleted and r.subject_id is not null"
    " and not exists (select from core.patient as p where p.source = r.subject_source"
    " and p.source_id = r.subject_id and p.retracted_seq is null)"
    " and not exists (select from staging.patient as p where p.source = r.subject_source"
    " and p.source_id = r.subject_id)",
    INFO,
)


def _duplicates(table: str) -> list[Rule]:
    """Return two rules for a version that comes twice: one for equal rows (only noted), one for differing rows."""
    of = f"from staging.{table} where batch_id = :batch and source_id is not null"
    content = "to_jsonb(s) - 'file_id' - 'row_no'"
    return [
        Rule(
            "row repeated",
            "(r.source_id, r.source_version) in (select source_id, source_version"
            f" {of} group by source_id, source_version having count(*) > 1)",
            INFO,
        ),
        Rule(
            "two contents of one version",
            "(r.source_id, r.source_version) in ("
            "select d.source_id, d.source_version from (select source_id, source_version"
            f" {of} group by source_id, source_version having count(*) > 1) as d"
            f" inner join staging.{table} as s on s.batch_id = :batch"
            " and s.source_id = d.source_id and s.source_version = d.source_version"
            f" group by d.source_id, d.source_version having count(distinct {content}) > 1)",
        ),
    ]


# The last row of an 835 has both sums of its set. Without an amount that can be read, the row that lacks it is
# set aside, and the set cannot be added up.
_ENDS = " union all ".join(
    f"select concat_ws('/', e.file_id, e.set_at) as set_key, e.set_stated, e.set_explained"
    f" from staging.{table} as e where e.batch_id = :batch and e.set_explained is not null"
    for table in ("payment", "provider_adjustment")
)
_SET_KEY = "concat_ws('/', r.file_id, r.set_at)"


def _of_set(total: str) -> str:
    """Return a sum of the row's set: all sets are added up once, since a set may have as many rows as a file."""
    each = f"select s.set_key, max(s.{total}) as total from ({_ENDS}) as s group by s.set_key"
    return f"((select jsonb_object_agg(a.set_key, a.total) from ({each}) as a) ->> {_SET_KEY})::numeric"


def _unbalanced(name: str, condition: str) -> Rule:
    return Rule(name, condition, sums=("r.stated", "r.explained"))


# 005010X221A1, section 1.10.2: see `throughline.sources.x12.payments`.
_BALANCE = [
    Rule(
        "remittance does not balance",
        f"{_SET_KEY} in (select s.set_key from ({_ENDS}) as s"
        " where s.set_stated is distinct from s.set_explained)",
        also=("provider_adjustment",),
        sums=(_of_set("set_stated"), _of_set("set_explained")),
        names_payer=True,
        of_set=True,
    ),
    _unbalanced("claim does not balance", "r.unbalanced = 'claim'"),
    _unbalanced("line does not balance", "r.unbalanced like 'line %'"),
    _unbalanced("lines do not add up to the claim", "r.unbalanced = 'lines'"),
]

SUITES: dict[str, list[Rule]] = {
    "patient": [
        *_identified(),
        # of one that was merged into another, a message may say nothing else
        Rule("birth_date missing", f"{_ALIVE} and birth_date is null and replaced_by is null"),
        Rule(
            "birth_date out of range",
            "birth_date < date '1880-01-01'"
            " or birth_date > (select max(cut_off)::date + 1 from operations.night)",
        ),
        Rule("deceased before birth", "deceased_at < birth_date"),
        Rule("no record number", f"{_ALIVE} and mrn is null", INFO),
    ],
    "coverage": [
        *_identified(),
        Rule("beneficiary missing", f"{_ALIVE} and subject_id is null"),
        Rule("payer missing", f"{_ALIVE} and payer_id is null", INFO),
        Rule("ends before it starts", "ends_on < starts_on"),
    ],
    "consent": [*_identified(), Rule("patient missing", f"{_ALIVE} and subject_id is null")],
    "encounter": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        Rule("class missing", f"{_ALIVE} and class_code is null", CRITICAL, 0.5),
        Rule("status missing", f"{_ALIVE} and status is null", CRITICAL, 0.5),
        Rule("ends before it starts", "ends_at < starts_at"),
        *_dated("starts_at"),
    ],
    "condition": [*_identified(), Rule("patient missing", f"{_ALIVE} and subject_id is null")],
    "procedure": [*_identified(), Rule("patient missing", f"{_ALIVE} and subject_id is null")],
    "immunization": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        *_dated("occurred_at"),
    ],
    "observation": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        Rule("code missing", f"{_ALIVE} and code is null", INFO),
        Rule("date missing", f"{_ALIVE} and occurred_at is null and issued_at is null", INFO),
        Rule("reference range reversed", "reference_low > reference_high"),
        *_dated("occurred_at"),
        *_dated("issued_at"),
    ],
    "diagnostic_report": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        Rule("date missing", f"{_ALIVE} and occurred_at is null and issued_at is null", INFO),
        *_dated("occurred_at"),
        *_dated("issued_at"),
    ],
    "service_request": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        Rule("date missing", f"{_ALIVE} and authored_at is null", INFO),
        *_dated("authored_at"),
    ],
    "medication_request": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        Rule("date missing", f"{_ALIVE} and authored_at is null", INFO),
        Rule(
            "medication not said", f"{_ALIVE} and code is null and not_done_value_set is null", INFO
        ),
        *_dated("authored_at"),
    ],
    "questionnaire_response": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        Rule("questionnaire not named", f"{_ALIVE} and questionnaire is null", INFO),
        *_dated("authored_at"),
    ],
    "document_reference": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        Rule("status missing", f"{_ALIVE} and status is null"),
        *_dated("authored_at"),
    ],
    "communication": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        *_dated("sent_at", "1990-01-01"),
    ],
    "task": _identified(),
    "charge_item": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        Rule("amount negative", "amount < 0"),
        Rule("units not positive", "quantity <= 0"),
        *_dated("occurred_at"),
    ],
    "payment_notice": [
        *_identified(),
        Rule("claim not named", f"{_ALIVE} and patient_control_number is null"),
    ],
    "practitioner": [
        *_identified(),
        Rule("NPI malformed", "npi is not null and npi !~ '^[0-9]{10}$'", INFO),
    ],
    "organization": _identified(),
    "location": _identified(),
    "appointment": [
        *_identified(),
        Rule("patient missing", "mrn is null and subject_id is null"),
        Rule("start missing", "starts_at is null and status = 'booked'"),
        *_dated("starts_at", "1990-01-01"),
    ],
    "claim": [
        *_identified(),
        Rule("total missing", f"{_ALIVE} and total_charge is null", INFO),
        Rule("total negative", "total_charge < 0"),
        Rule(
            "charges do not add up to the claim",
            "r.explained is not null",
            sums=("r.total_charge", "r.explained"),
        ),
        Rule("service ends before it starts", "service_to < service_from"),
    ],
    "claim_response": [
        *_identified("category_code"),
        Rule("claim not named", "patient_control_number is null"),
        Rule(
            "category not in the code list",
            "category_code !~ '^(A[0-8]|P[0-5]|F[0-4]|R[0-9]+|E[0-4]|D0)$'",
        ),
    ],
    "functional_acknowledgement": _identified(),
    "eligibility_response": [*_identified(), *_dated("part_b_from", "1965-07-30")],
    "payment": [
        *_identified(),
        Rule("claim not named", "patient_control_number is null"),
        Rule("paid amount missing", "paid_amount is null"),
        *_dated("paid_on", "1990-01-01"),
        *_BALANCE,
    ],
}


def suite_of(feed: str) -> list[Rule]:
    """Return the rules of a feed: those of its suite, and the general ones for its kind of feed.

    Raises `CatalogueError` if the suite named in its entry does not exist.
    """
    entry = catalogue.entry(feed)
    if entry.suite not in SUITES:
        raise CatalogueError(f"{feed}: suite: there is no suite {entry.suite!r}")
    rules = list(SUITES[entry.suite])
    if entry.subject == "patient":
        rules.append(_KNOWN)
    repeated, differing = _duplicates(entry.table.name)
    rules.append(repeated)
    # records without a version of their own all have their file's: equal versions mean nothing
    if entry.version == "record":
        rules.append(differing)
    return rules
