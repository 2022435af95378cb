"""A practice with three CSV files runs charge capture: the example of `docs/extending.md`, word for word."""

from __future__ import annotations

import pytest

from tests.warehouse.sources.tables.office import DAY, Office, of
from throughline import definitions
from throughline.pages.calls import work
from throughline.practice import said_now
from throughline.told.today import today

NEXT, LATER = "2026-03-09", "2026-03-10"
PATIENTS, APPOINTMENTS, CHARGES = of("patients"), of("appointments"), of("charges")


def readiness(office: Office) -> dict[str, list[str]]:
    """What charge capture needs of the feeds and of people, by how it stands."""
    found: dict[str, list[str]] = {}
    checked = definitions.examined()
    for need in definitions.readiness.needs(checked.workflows, checked.sources, said_now()):
        if need.part in ("opens", "stage", "sends"):
            found.setdefault(need.mark, []).append(f"{need.part} {need.name}")
    return found


def cases_of(office: Office) -> list[tuple[object, ...]]:
    return office.rows("select trigger_ref, status from cases.case_record order by 1")


def test_three_reports_are_all_that_charge_capture_needs(office: Office) -> None:
    assert definitions.examined().faults == ()
    office.reports(DAY)
    assert set(office.night(DAY).values()) == {"pass"}
    assert office.set_aside() == []
    assert office.standing("patient", "mrn", "family", "given", "birth_date::text", "phone") == {
        "00101": ("00101", "Rivera", "Ana", "1958-04-17", "3035550142"),
        "00102": ("00102", "Okafor", "Ben", "1949-11-02", "3035550175"),
        "00103": ("00103", "Lund", "Cora", "1990-07-30", "7205550110"),
    }
    assert office.facts("visit") == ["encounter/A-1", "encounter/A-2"]
    assert office.standing("encounter", "starts_at::text")["A-1"] == "2026-03-02 16:00:00+00"
    assert office.standing("claim", "total_charge::text", "encounter_id") == {
        "K-900": ("222.50", "A-1")
    }
    assert office.standing("claim_line", "code", "modifiers") == {
        "K-900#C-1": ("99214", ["25"]),
        "K-900#C-2": ("36415", []),
    }
    # nobody has billed the second visit
    assert cases_of(office) == [("front_office|encounter/A-2", "open")]

    # nobody takes work: it stays inside, and whoever bills finds it in the morning
    assert readiness(office) == {"ok": ["opens visit", "stage billed", "sends billing"]}
    assert office.work() == {"inside": 1}
    (item,) = work.items(office.conn, "billing", 1, today(office.conn), sees_patients=True)
    assert (str(item.visit_on), item.payer, item.codes, str(item.amount)) == (
        "2026-03-02", "Medicare", ["99213"], "150.00",
    )  # fmt: skip
    assert office.rows("select count(*) from tasks.transmission") == [(0,)]
    assert office.rows("select count(*) from operations.exception where status = 'open'") == [(0,)]

    # the next report has its claim
    billed = CHARGES.replace("I10,,,,\nTOTAL", "I10,K-901,03/07/2026,Accepted,03/09/2026\nTOTAL")
    assert billed != CHARGES
    office.reports(NEXT, charges=billed)
    office.night(NEXT)
    assert cases_of(office) == [("front_office|encounter/A-2", "completed")]
    assert work.items(office.conn, "billing", 1, today(office.conn), sees_patients=True) == []


def test_a_report_corrects_and_by_leaving_out_deletes(office: Office) -> None:
    office.reports(DAY)
    office.night(DAY)
    office.reports(
        NEXT,
        patients=PATIENTS.replace("Okafor, Ben", "Okafor, Benjamin"),
        appointments="".join(
            line for line in APPOINTMENTS.splitlines(True) if not line.startswith(("A-2", "A-3"))
        ),
        # a charge and its line of the claim are gone; so is the visit that nobody had billed
        charges=CHARGES.replace(
            "C-2,A-1,00101,03/02/2026,36415,,1,12.50,I10,,K-900,03/04/2026,Accepted,03/05/2026\n",
            "",
        )
        .replace("C-3,A-2,00102,03/02/2026,99213,,1,150.00,E11.9,I10,,,,\n", "")
        .replace("372.50", "210.00"),
    )
    verdicts = office.night(NEXT)
    assert {"patient": "pass", "claim": "pass", "encounter": "warn"}.items() <= verdicts.items()
    # both appointments of three would go, and both of the charges: none of them all that there are
    assert office.standing("patient", "given")["00102"] == "Benjamin"
    assert list(office.standing("appointment")) == ["A-1"]
    assert list(office.standing("encounter")) == ["A-1"]
    assert list(office.standing("charge_item")) == ["C-1"]
    assert list(office.standing("claim_line")) == ["K-900#C-1"]
    assert office.standing("claim", "total_charge::text") == {"K-900": "210.00"}
    assert office.facts("visit") == ["encounter/A-1"]
    assert office.facts("claim") == ["claim_line/K-900#C-1"]
    # a practitioner who saw nobody is still one (`absent: kept`)
    assert list(office.standing("practitioner")) == ["1000000001"]
    # what did not change is not stated again
    assert office.rows("select count(*) from core.patient") == [(4,)]


@pytest.mark.nights
def test_a_report_without_its_rows_deletes_nothing_until_somebody_says_so(office: Office) -> None:
    office.reports(DAY)
    office.night(DAY)
    header = PATIENTS.partition("\n")[0] + "\n"
    office.reports(NEXT, patients=header, appointments="", charges="")
    assert office.night(NEXT)["patient"] == "stop"
    assert len(office.standing("patient")) == 3
    told = office.rows(
        "select detail from quality.verdict where verdict = 'stop' and suite = 'front_office.patient'"
    )
    assert "3 of 3 records would be deleted" in str(told)


@pytest.mark.nights
def test_outside_of_the_days_of_the_report_nothing_is_missing(office: Office) -> None:
    """Two months later no report has these visits any more: they were long ago, and not deleted."""
    office.reports(DAY)
    office.night(DAY)
    header = APPOINTMENTS.partition("\n")[0] + "\n"
    late = "A-9,00103,04/30/2026,02:15 PM,NEW,DONE,1000000001,MD,,3\n"
    office.reports("2026-05-04", appointments=header + late, patients="", charges="")
    office.night("2026-05-04")
    assert list(office.standing("appointment")) == ["A-1", "A-2", "A-3", "A-9"]


@pytest.mark.nights
@pytest.mark.parametrize(
    ("line", "row", "reason"),
    [
        ("00104,Roe,13/13/1950,F,,80202,,,\n", 5, "DOB: not a date as %m/%d/%Y; the cell is like 99/99/9999"),
        ("00104,Roe\n", 5, "2 cells, and not 9 as the header has"),
        (",\"Roe, Rae\",01/01/1950,F,,80202,,,\n", 5, "Chart No: the key is empty"),
        ("1.2E+10,\"Roe, Rae\",01/01/1950,F,,80202,,,\n", 5,
         "Chart No: a long number that a spreadsheet has rounded (1.2E+10)"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_set_aside_and_the_others_are_loaded(
    office: Office, line: str, row: int, reason: str
) -> None:
    office.reports(DAY, patients=PATIENTS + line, appointments="", charges="")
    office.night(DAY)
    assert ("patient", row, reason) in office.set_aside()
    assert len(office.standing("patient")) == 3
    # the next report does not have one of them: is it the row that could not be read?
    office.reports(
        NEXT, patients=PATIENTS.replace("00103,", "x,", 1) + line, appointments="", charges=""
    )
    office.night(NEXT)
    names_it = line.startswith("00104,Roe,")
    assert len(office.standing("patient")) == (3 if names_it else 4)


@pytest.mark.nights
def test_a_row_that_waits_for_a_person_is_not_missing(office: Office) -> None:
    office.reports(DAY, appointments="", charges="")
    office.night(DAY)
    office.reports(
        NEXT, patients=PATIENTS.replace("07/30/1990", "30/07/1990"), appointments="", charges=""
    )
    office.night(NEXT)
    assert (
        "patient",
        4,
        "DOB: not a date as %m/%d/%Y; the cell is like 99/99/9999",
    ) in office.set_aside()
    assert len(office.standing("patient")) == 3


@pytest.mark.nights
def test_a_total_that_does_not_add_up_holds_the_feed_back(office: Office) -> None:
    office.reports(DAY)
    office.night(DAY)
    cut = CHARGES.replace(
        "C-2,A-1,00101,03/02/2026,36415,,1,12.50,I10,,K-900,03/04/2026,Accepted,03/05/2026\n", ""
    )
    office.reports(NEXT, charges=cut, patients="", appointments="")
    office.night(NEXT)
    told = "Amount: the total does not add up"
    assert office.set_aside() == [
        ("charge_item", 4, told),
        ("claim", 4, told),
        ("claim_response", 4, told),
    ]
    assert office.rows(
        "select feed, stated_amount::text, explained_amount::text from quality.quarantine order by 1"
    )[:2] == [("charge_item", "372.50", "360.00"), ("claim", "372.50", "360.00")]
    # nobody knows what is missing: nothing is deleted, and the feed is not complete up to its day
    assert list(office.standing("charge_item")) == ["C-1", "C-2", "C-3"]
    assert office.rows(
        "select distinct business_date::text, watermark is null from landing.batch where known_seq = %s",
        office.seq,
    ) == [("2026-03-08", True)]


@pytest.mark.nights
def test_a_report_that_ends_before_its_total_is_not_whole(office: Office) -> None:
    office.reports(DAY, charges=CHARGES.partition("TOTAL")[0], patients="", appointments="")
    office.night(DAY)
    told = "there is no total row: the end of the file is missing"
    assert office.set_aside() == [
        ("charge_item", 5, told),
        ("claim", 5, told),
        ("claim_response", 5, told),
    ]
    assert list(office.standing("charge_item")) == ["C-1", "C-2", "C-3"]


@pytest.mark.nights
def test_a_renamed_column_sets_the_file_aside_and_says_what_it_is_called_now(
    office: Office,
) -> None:
    office.reports(DAY)
    office.night(DAY)
    office.reports(
        NEXT, patients=PATIENTS.replace("DOB", "Date of Birth"), appointments="", charges=""
    )
    assert office.night(NEXT) == {}
    told = "columns are missing: DOB; new are Date of Birth"
    assert office.rows("select refused_reason from landing.file where status = 'refused'") == [
        (told,)
    ]
    ((detail,),) = office.rows(
        "select detail from operations.exception where reason = 'file_refused'"
    )
    assert detail["name"] == "patients_20260309.csv"
    assert len(office.standing("patient")) == 3
    # the other reports of its source are as known as before
    assert office.rows("select feeds from landing.undecided_file") == [(["patient", "coverage"],)]
    feeds = "select distinct feed from evidence.not_known where why = 'file_refused' order by 1"
    assert office.rows(feeds) == [("coverage",), ("patient",)]
    # nothing has changed: it is not read again
    assert office.night(LATER) == {}
    # the definition is corrected: the same file is read again, without being sent again
    office.define(office.said.replace("{from: DOB,", "{from: Date of Birth,"))
    assert office.night("2026-03-11").keys() == {"patient", "coverage"}
    assert office.rows(
        "select status, resolution from operations.exception where reason = 'file_refused'"
    ) == [("cleared", "it was read again, and can be read now")]
    assert office.rows(feeds) == []


@pytest.mark.nights
def test_a_word_that_a_lookup_does_not_have_is_a_code_without_a_meaning(office: Office) -> None:
    strange = PATIENTS.replace("Medicare,", "Aetna PPO,").replace(
        "Front Range Health,", "Aetna PPO,"
    )
    assert strange.count("Aetna PPO") > 1
    office.reports(DAY, patients=strange)
    office.night(DAY)
    assert office.set_aside() == []
    plans = office.standing("coverage", "payer_id")
    assert "Aetna PPO" in plans.values()
    before = office.facts("coverage")
    assert len(before) == len(plans) - list(plans.values()).count("Aetna PPO")
    ((detail, owner),) = office.rows(
        "select detail, owner_team from operations.exception where reason = 'code_not_mapped'"
        " and detail ->> 'field' = 'coverage.payer_id'"
    )
    assert (detail["code"], detail["records"]) == ("Aetna PPO", len(plans) - len(before))
    assert owner == office.definition.owner_team
    # in both lookups of the plan: the payer's, and that of the kind of coverage, whose words are known to everybody
    said = office.said.replace("Medicare: MEDB1}", 'Medicare: MEDB1, "aetna ppo": COMM1}')
    office.define(said.replace('Medicare: "12"}', 'Medicare: "12", "aetna ppo": "5"}'))
    office.night(NEXT)
    assert len(office.facts("coverage")) == len(plans)
    assert office.rows(
        "select status from operations.exception where reason = 'code_not_mapped'"
        " and detail ->> 'field' = 'coverage.payer_id'"
    ) == [("cleared",)]


@pytest.mark.nights
def test_a_new_column_and_a_new_code_are_told(office: Office) -> None:
    office.reports(DAY)
    office.night(DAY)
    appointments = APPOINTMENTS.replace(",SCH,", ",RESCH,")
    office.reports(NEXT, patients="", appointments=appointments, charges="")
    header, _, rest = PATIENTS.partition("\n")
    office.drop(
        f"{header},Payer Note\n" + "".join(f"{line},x\n" for line in rest.splitlines()),
        "patients",
        NEXT,
    )
    assert office.night(NEXT)["patient"] == "warn"
    told = dict(
        office.rows(
            "select suite, detail::text from quality.verdict where known_seq = %s", office.seq
        )
    )
    assert "Payer Note" in told["front_office.patient"]
    assert "RESCH" in told["front_office.appointment"]
    assert len(office.standing("patient")) == 3


@pytest.mark.nights
def test_older_files_are_left_where_they_are_and_counted(office: Office) -> None:
    office.define(office.said.replace("folder: reports", "folder: reports\nhistory_days: 5"))
    office.reports("2026-02-27")
    office.reports(DAY)
    office.night(DAY)
    names = office.rows("select original_name from landing.file order by 1")
    assert all("20260306" in name for (name,) in names)
    assert office.rows("select source, files from landing.left_file") == [("front_office", 3)]
    office.night(NEXT)
    assert len(office.rows("select from landing.file")) == len(names)


GROWING = """
source: front_office
title: A log of calls that grows
standard: tabular
transport: folder
connection: front_office
owner_team: front_desk
time_zone: America/Denver
folder: reports
roles: {chart: {}, billing: {}}
ids: named
feeds: {patient: {expected_by: "03:00"}, communication: {expected_by: "03:00"}}
conventions:
  codes:
    communication.outcome_code: {Spoke: reached, VM: left_message}
  tables:
    people:
      files: "people_*.csv"
      delivers: snapshot
      absent: kept
      records:
        - feed: patient
          key: Chart
          columns: {mrn: Chart, family: Last, given: First, birth_date: {from: Born, date: "%m/%d/%Y"}}
    calls:
      files: "calls_*.csv"
      delivers: changes
      order: position
      deleted: {Result: Entered in error}
      records:
        - feed: communication
          key: Call
          patient: Chart
          columns:
            status: {constant: completed}
            outcome_code: Result
            sent_at: {from: When, moment: "%d.%m.%Y %H:%M"}
            sender_id: By
"""


@pytest.mark.nights
def test_a_log_of_calls_that_grows(office: Office) -> None:
    office.define(GROWING)
    office.leave_out_all()
    log = "Call,Chart,When,Result,By\n1,00101,05.03.2026 09:00,VM,ann\n2,00102,05.03.2026 10:00,Spoke,ann\n"
    office.drop(log, "calls", DAY)
    office.night(DAY)
    assert office.facts("contact") == ["communication/2"]
    assert office.facts("attempt") == ["communication/1", "communication/2"]
    # the first call is corrected by a later row, the second one is taken back, a third one is new
    log += "1,00101,05.03.2026 09:00,Spoke,ann\n2,00102,05.03.2026 10:00,Entered in error,ann\n"
    log += "3,00103,09.03.2026 11:30,VM,ann\n"
    office.drop(log, "calls", NEXT)
    office.night(NEXT)
    assert office.facts("contact") == ["communication/1"]
    assert office.facts("attempt") == ["communication/1", "communication/3"]
    assert office.standing("communication", "sent_at::text")["3"] == "2026-03-09 17:30:00+00"
    assert office.set_aside() == []


@pytest.mark.nights
def test_staging_again_gives_the_same_deletions(office: Office) -> None:
    from throughline import sources

    office.reports(DAY)
    office.night(DAY)
    office.reports(NEXT, patients=PATIENTS.partition("00103")[0], appointments="", charges="")
    office.night(NEXT)
    assert len(office.standing("patient")) == 2
    (batch,) = office.rows(
        "select batch_id, rows_received from landing.batch where feed = 'patient' and known_seq = %s",
        office.seq,
    )
    for _ in range(2):
        assert sources.stage(office.conn, batch[0], office.root / "landing").rows == batch[1] == 3
        assert office.rows("select source_id, row_no from staging.patient where is_deleted") == [
            ("00103", -1)
        ]
