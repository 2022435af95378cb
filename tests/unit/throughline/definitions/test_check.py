"""All faults of all files are told at once, before anything is started, and without what a night needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from throughline.definitions import check, examined, readiness
from throughline.definitions.__main__ import main
from throughline.practice import practice, said_now
from throughline.sources import systems
from throughline.vocabulary import OURS, DefinitionError

ROOT = Path(__file__).resolve().parents[4]
BASED = "based_on: {workflow: transitional_care, version: 2}\nversion: 1001\n"


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a practice, in force."""
    folder = tmp_path / "front-range"
    for part in (folder, folder / "sources", folder / "workflows"):
        part.mkdir()
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(folder))
    return folder


def take(own: Path, name: str, right: str = "", wrong: str = "") -> Path:
    """Put a file of ours into the practice's folder, changed in one place."""
    text = (OURS / name).read_text("utf-8")
    assert right in text
    (own / name).write_text(text.replace(right, wrong, 1) if right else text, "utf-8")
    return own / name


def test_ours_have_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THROUGHLINE_DEFINITIONS")
    assert examined().faults == ()
    assert [one.workflow for one in check().workflows] == [
        "annual_wellness", "charge_capture", "transitional_care",
    ]  # fmt: skip


SITES = """
sites:
  east:
    name: Front Range East
    time_zone: America/Denver
    npi: "1234567893"
    address: {street: 12 Main Street, city: Aurora, state: CO, zip: "80010"}
    locations: {ehr: [loc-east]}
  west: {name: West, time_zone: America/Denver, locations: {ehr: [loc-west]}}
"""

FAULTS = [
    ("practice.yaml", "America/New_York", "America/Denvr",
     "3: time_zone: 'America/Denvr' is not a time zone: the nearest is 'America/Denver'"),
    ("practice.yaml", "billing_npi: any", 'billing_npi: "1234567890"',
     "13: sole_submitter/0/billing_npi: '1234567890' is no NPI: its check digit does not fit; look it up"),
    ("practice.yaml", "bill_hold_days: 1",
     "bill_hold_days: 1\nsites: {west: {name: W, time_zone: UTC, locations: {epic: [a]}}}",
     "6: sites/west/locations/epic: 'epic' is not a known source: the nearest is 'ehr'"),
    ("practice.yaml", "bill_hold_days: 1",
     "bill_hold_days: 1\nsites: {west: {name: W, time_zone: UTC, npi: \"1234567890\", locations: {ehr: [a]}}}",
     "6: sites/west/npi: '1234567890'"),
    ("practice.yaml", "bill_hold_days: 1",
     "bill_hold_days: 1\nsites: {west: {name: W, time_zone: UTC, address: {street: A, city: B, state: Colorado,"
     " zip: \"80202\"}, locations: {ehr: [a]}}}",
     "6: sites/west/address/state: 'Colorado'"),
    ("practice.yaml", "bill_hold_days: 1", "bill_hold_days: 1\nleave_out: {workflows: [anual_wellness]}",
     "6: leave_out/workflows/0: 'anual_wellness' is none of ours: the nearest is 'annual_wellness'"),
    ("practice.yaml", "bill_hold_days: 1", "bill_hold_days: 1\nleave_out: {workflow: []}",
     "6: leave_out/workflow: unknown key 'workflow': the nearest is 'workflows'"),
    ("permissions.yaml", "decide_identity: [registration]", "decide_identity: [ann]",
     "may/decide_identity/0: 'ann' is not a known team or member of one"),
    ("permissions.yaml", "{any: [billing]}", '{"1234567890": [billing]}',
     "may/attest_claims/1234567890: '1234567890' is no NPI"),
    ("exceptions.yaml", "owner_team: registration", "owner_team: registraton",
     "'registraton' is not a known team: the nearest is 'registration'"),
    ("payers.yaml", "payer_class: part_b, ", "payer_class: partb, ", "'partb' is not a known class of payers"),
    ("sources/scheduling.yaml", "time_zone: America/New_York", "time_zone: America/Denvr",
     "time_zone: there is no zone 'America/Denvr'"),
    ("sources/ehr.yaml", "owner_team: ", "owner_team: x_", "owner_team: there is no team 'x_"),
    ("calendars.yaml", "country: US", "country: usa", "'usa' does not match"),
    ("vocabulary.yaml", "visit_types:", "visit_type:", "unknown key 'visit_type': the nearest is 'visit_types'"),
    ("codes.yaml", "IMP: inpatient", "IMP: in_patient", "'in_patient' is not a known class of facilities"),
    ("workflows/charge_capture.yaml", "owner_team: billing", "owner_team: bills",
     "owner_team: 'bills' is not a known team"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "right", "wrong", "told"), FAULTS)
def test_a_fault_is_told_with_its_file_and_what_to_write(
    own: Path, name: str, right: str, wrong: str, told: str
) -> None:
    path = take(own, name, right, wrong)
    assert any(one.startswith(f"{path}:") and told in one for one in examined().faults), (
        examined().faults
    )


def test_all_faults_of_all_files_are_told_at_once(own: Path) -> None:
    changed = [(f, take(own, f[0], f[1], f[2])) for f in {f[0]: f for f in FAULTS if f[3]}.values()]
    (own / "workflows" / "ours.yaml").write_text("workflow: [\n", "utf-8")
    (own / "practise.yaml").write_text("name: x\n", "utf-8")
    faults = examined().faults
    for (_, _, _, told), path in changed:
        assert any(str(path) in one and told in one for one in faults), (told, faults)
    assert any(f"{own}/workflows/ours.yaml:2: invalid YAML" in one for one in faults)
    assert any("practise.yaml: nothing reads this file; the nearest that is read is 'practice.yaml'" in one
               for one in faults)  # fmt: skip
    with pytest.raises(DefinitionError) as refused:
        check()
    assert str(refused.value).splitlines() == list(faults)


def test_a_file_that_is_no_yaml_does_not_make_the_words_of_others_wrong(own: Path) -> None:
    (own / "teams.yaml").write_text("billing: [\n", "utf-8")
    (fault,) = examined().faults
    assert fault.startswith(f"{own}/teams.yaml:2: invalid YAML")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("practise.yaml", "nothing reads this file; the nearest that is read is 'practice.yaml'"),
        ("teams.yml", "nothing reads this file; the nearest that is read is 'teams.yaml'"),
        (
            "workflow/ours.yaml",
            "nothing reads this folder; the nearest that is read is 'workflows'",
        ),
        ("sources/west.yml", "nothing reads this file; write front-range/sources/west.yaml"),
        (
            "workflows/old/ours.yaml",
            "nothing reads this file; write front-range/workflows/ours.yaml",
        ),
    ],
)
def test_a_file_that_nothing_reads_is_told(own: Path, path: str, told: str) -> None:
    (own / path).parent.mkdir(exist_ok=True)
    (own / path).write_text("a: b\n", "utf-8")
    (fault,) = examined().faults
    assert fault.endswith(told)
    for name in ("README.md", ".git", ".pre-commit-config.yaml", "written_against"):
        (own / name).touch()
    assert examined().faults == (fault,)


def test_a_payer_or_provider_that_a_source_serves_must_be_one(own: Path) -> None:
    path = take(own, "sources/clearinghouse.yaml")
    with path.open("a", encoding="utf-8") as file:
        file.write('serves: {payers: [MEDB], billing_npi: ["1234567890"]}\n')
    first, second = examined().faults
    assert "serves/payers/0: there is no payer 'MEDB' in payers.yaml; did you mean MEDB1?" in first
    assert "serves/billing_npi/0: '1234567890' is no NPI" in second


@pytest.mark.parametrize(
    ("payer", "told"),
    [
        ("{constant: MEDB}", "payer_id/constant: there is no payer 'MEDB' in payers.yaml; did you mean MEDB1?"),
        ("{from: Plan, lookup: {PEIA: PEIAWV, State: MCAID}}", "payer_id/lookup: there is no payer 'PEIAWV' in payers"),
        ("{from: Plan, lookup: {None: null, State: MCAID}}", ""),
    ],
)  # fmt: skip
def test_a_payer_that_a_table_gives_must_be_one(own: Path, payer: str, told: str) -> None:
    (own / "sources" / "desk.yaml").write_text(
        "source: desk\ntitle: Desk\nstandard: tabular\ntransport: folder\nconnection: desk\nowner_team: front_desk\n"
        "time_zone: America/Denver\n"
        'feeds: {patient: {expected_by: "03:00"}, coverage: {expected_by: "03:00"}}\n'
        "conventions:\n  tables:\n    people:\n      delivers: snapshot\n      absent: kept\n      records:\n"
        "        - {feed: patient, key: Id, columns: {family: L, given: F,"
        ' birth_date: {from: B, date: "%m/%d/%Y"}}}\n'
        "        - {feed: coverage, key: Id, patient: Id, columns: {status: {constant: active},\n"
        f"           payer_id: {payer}}}}}\n",
        "utf-8",
    )
    found = [fault for fault in examined().faults if "desk.yaml" in fault]
    assert len(found) == bool(told)
    assert not told or (told in found[0] and "desk.yaml:17: " in found[0])


def test_a_role_that_no_source_has_is_told_with_the_stage_that_needs_it(own: Path) -> None:
    take(own, "sources/ehr.yaml", ", documentation: {}", "")
    faults = examined().faults
    for name in ("transitional_care", "annual_wellness"):
        told = f"{name}.yaml:\\d+: stages/documented/task: no source has the role documentation, .*leave {name} out"
        assert any(re.search(told, one) for one in faults), faults


def test_a_role_that_stays_inside_needs_neither_a_system_nor_a_connection(own: Path) -> None:
    take(own, "sources/ehr.yaml", ", documentation: {}", "")
    take(
        own,
        "practice.yaml",
        "bill_hold_days: 1",
        "bill_hold_days: 1\nleave_out: {sources: [billing]}",
    )
    (own / "sources" / "ourselves.yaml").write_text(
        "source: ourselves\ntitle: Our own people\nowner_team: billing\n"
        "roles: {documentation: {form: inside}, billing: {form: inside}}\n",
        "utf-8",
    )
    found = examined()
    assert found.faults == ()
    assert "billing_main" not in systems.needed(found.sources)
    assert "billing_main" not in systems.connections()
    assert "" not in systems.connections()
    sends = {
        need.name: need.told
        for need in readiness.needs(found.workflows, found.sources, said_now())
        if need.part == "sends"
    }
    assert sends["documentation"] == "ourselves as documentation (stays inside)"
    assert sends["outreach"] == "ehr as outreach"


def test_what_is_left_out_has_no_file_of_the_practice(own: Path) -> None:
    path = take(own, "practice.yaml")
    path.write_text(path.read_text("utf-8") + "leave_out: {workflows: [charge_capture]}\n", "utf-8")
    mine = take(own, "workflows/charge_capture.yaml")
    (fault,) = examined().faults
    assert f"charge_capture has a file of yours, {mine}: remove that file, or this line" in fault


def test_a_version_of_ours_says_what_ours_says(own: Path) -> None:
    take(own, "workflows/charge_capture.yaml")
    assert examined().faults == ()
    take(own, "workflows/charge_capture.yaml", "status: active", "status: retired")
    assert examined().faults == ()
    take(own, "workflows/charge_capture.yaml", "lag_business_days: ", "lag_business_days: 1")
    (fault,) = examined().faults
    assert (
        "version 2 of charge_capture is Throughline's and says something else; give yours another number"
        in fault
    )


def test_a_second_active_version_is_told_with_both_files(own: Path) -> None:
    (own / "workflows" / "tcm.yaml").write_text(BASED, "utf-8")
    (fault,) = examined().faults
    assert "two versions of one workflow are active" in fault
    assert "include/definitions/workflows/transitional_care.yaml" in fault
    assert f"{own}/workflows/tcm.yaml" in fault


def test_it_says_whose_each_file_is_and_what_is_pinned(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    practice.cache_clear()  # another test of this process may have read ours
    path = take(own, "practice.yaml", "Lakeside Medical Group", "Front Range Clinic")
    path.write_text(
        path.read_text("utf-8") + "leave_out: {workflows: [annual_wellness]}\n" + SITES, "utf-8"
    )
    (own / "workflows" / "transitional_care.yaml").write_text(BASED, "utf-8")
    assert main([]) == 0
    told = capsys.readouterr().out
    (sha,) = (one.sha256 for one in examined().workflows if one.workflow == "transitional_care")
    assert (
        "  site east: Front Range East, NPI 1234567893, 12 Main Street, Aurora, CO 80010 (America/Denver)\n"
        "  site west: West (America/Denver)\n" in told
    )
    assert "  practice.yaml                        yours\n" in told
    assert "  teams.yaml                           Throughline's\n" in told
    assert "  workflows/annual_wellness.yaml       left out\n" in told
    assert (
        f"  transitional_care 1001  active  sha256 {sha[:16]}, based on include/definitions/"
        in told
    )
    assert "  connection ehr_main (AIRFLOW_CONN_EHR_MAIN): used by ehr\n" in told
    practice.cache_clear()
    assert main(["--show", "transitional_care"]) == 0
    assert "\nversion: 1001\n" in capsys.readouterr().out
    (own / "workflows" / "transitional_care.yaml").write_text(BASED + "owner: x\n", "utf-8")
    assert main([]) == 1
    assert "unknown key 'owner'" in capsys.readouterr().err


def test_it_imports_nothing_that_takes_seconds(own: Path) -> None:
    """Two seconds cannot be tested on a busy machine; what takes them is an import."""
    code = (
        "import json, sys; from throughline.definitions.__main__ import main; main([]);"
        "json.dump(sorted(sys.modules), sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT / "include")},
        capture_output=True,
        text=True,
        check=True,
    )
    slow = {
        "airflow",
        "great_expectations",
        "pandas",
        "requests",
        "paramiko",
        "jinja2",
        "sqlalchemy",
        "pyx12",
        "hl7",
    }
    assert {name.partition(".")[0] for name in json.loads(done.stderr)} & slow == set()
