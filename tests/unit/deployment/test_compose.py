"""The deployment files without a daemon: valid by schema, and nothing named that is not there.

`compose_spec.json` is the Compose specification's own schema (Apache-2.0, compose-spec).
"""

from __future__ import annotations

import json
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import pytest
import yaml

from stack.airflow import TOKEN_SECONDS
from stack.cluster import sized

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
DOCS = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
SERVICES = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "throughline" in service["image"]]


def test_the_file_is_what_compose_accepts() -> None:
    schema = json.loads((Path(__file__).parent / "compose_spec.json").read_text(encoding="utf-8"))
    # Compose checks it with the variables filled in: here with their defaults.
    filled = re.sub(r"\$\{[A-Z_]+(?::-([^}]*)|:\?[^}]*)?\}", lambda found: found[1] or "x", TEXT)
    jsonschema.validate(yaml.safe_load(filled), schema, cls=jsonschema.Draft201909Validator)


def test_the_schema_would_refuse_nonsense() -> None:
    schema = json.loads((Path(__file__).parent / "compose_spec.json").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            {"services": {"x": {"imaeg": "y"}}}, schema, cls=jsonschema.Draft201909Validator
        )


def test_what_a_deployment_needs_is_there() -> None:
    commands = {name: " ".join(service.get("command", [])) for name, service in SERVICES.items()}
    for part in ("api-server", "scheduler", "dag-processor", "triggerer"):
        assert f"airflow {part}" in commands[part]
    workers = [name for name, command in commands.items() if "celery worker" in command]
    assert len(workers) == 3
    environment = SERVICES["scheduler"]["environment"]
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert SERVICES["sandbox"]["profiles"] == ["sandbox"]


def test_a_login_ends_with_the_working_day() -> None:
    given = SERVICES["api-server"]["environment"]["AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME"]
    seconds = re.fullmatch(r"\$\{AIRFLOW_TOKEN_SECONDS:-(\d+)\}", given)
    assert seconds is not None
    assert 3600 <= int(seconds[1]) == TOKEN_SECONDS < 86400


def test_every_long_running_service_says_how_it_is() -> None:
    ends = ("migrate", "backup", "retain")
    assert all("healthcheck" in service for name, service in SERVICES.items() if name not in ends)


def test_a_busy_machine_has_time_to_start_airflow() -> None:
    """A process counts as healthy from its first good answer on; a short period makes `up --wait` give up."""
    slow = {
        name: service["healthcheck"].get("start_period")
        for name, service in SERVICES.items()
        if "airflow" in str(service.get("command")) and "healthcheck" in service
    }
    assert slow
    assert set(slow.values()) == {"5m"}, slow


def test_secrets_come_from_the_environment_and_have_no_default() -> None:
    text = TEXT
    secrets = set(re.findall(r"\$\{([A-Z_]*(?:PASSWORD|SECRET|FERNET_KEY))(?=[:}])", text))
    assert len(secrets) >= 8
    for name in secrets:
        assert re.search(rf"\$\{{{name}:\?", text), f"{name} has no check that it is set"
        assert not re.search(rf"\$\{{{name}:-", text), f"{name} has a default"


def test_modules_that_are_started_exist() -> None:
    for name in OURS:
        check = SERVICES[name].get("healthcheck", {}).get("test", [])
        for command in (SERVICES[name]["command"], check[1:]):
            if command[:2] == ["python", "-m"]:
                assert find_spec(command[2]) is not None, name


def test_only_what_migrates_or_restores_may_own_anything() -> None:
    for name in ("backup", "retain"):
        assert SERVICES[name]["profiles"] == [name], "it runs when a person says so"
    for name, service in SERVICES.items():
        if name not in ("postgres", "migrate", "backup"):
            environment = service.get("environment", {})
            assert not any("POSTGRES_" in key or "OWNER" in key for key in environment), name


def test_no_secret_is_mounted_where_nobody_reads_it() -> None:
    assert set(_targets("migrate")) == {
        "/run/definitions",
        "/run/postgres-ca.pem",
        "/var/lib/throughline/restore-points",
    }
    readers = {name for name in OURS if SERVICES[name].get("secrets")}
    assert readers == {"dag-processor", "worker-1", "worker-2", "worker-decisions"}
    logins = [name for name in OURS if "/run/airflow-logins.json" in str(_targets(name))]
    assert logins == ["api-server"]


def test_airflow_can_write_the_file_of_logins() -> None:
    # It opens it for reading and writing at every login.
    named = SERVICES["api-server"]["environment"][
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
    ]
    mount = _targets("api-server")[named]
    assert isinstance(mount, dict)
    assert not mount.get("read_only")


def test_what_is_mounted_into_our_containers_belongs_to_their_user() -> None:
    # A named volume takes its owner from the folder in the image, when it is used for the first time.
    made = re.search(r"^RUN mkdir -p (.*?) \\$", DOCKERFILE, re.MULTILINE)
    assert made is not None
    folders = {path if path[0] == "/" else f"/opt/throughline/{path}" for path in made[1].split()}
    for name in OURS:
        assert {t for t in _targets(name) if not t.startswith("/run/")} <= folders, name


def test_the_steps_that_make_the_settings_write_settings_alone(tmp_path: Path) -> None:
    # `docker pull --quiet` prints a name, and Compose reads no file with a line that sets nothing.
    docker = tmp_path / "docker"
    docker.write_text(
        '#!/bin/sh\nif [ "$1" = pull ]; then echo "docker.io/library/$3"; else echo "python@sha256:d1c9"; fi\n'
    )
    docker.chmod(0o755)
    steps = re.findall(
        r"^```sh\n(.*?)^```$", (ROOT / "docs/deployment.md").read_text("utf-8"), re.M | re.S
    )
    wanted = [step for step in steps if "> .env" in step]
    assert len(wanted) == 2
    for step in wanted:
        subprocess.run(
            ["sh", "-eu", "-c", step], cwd=tmp_path, check=True, capture_output=True,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        )  # fmt: skip
    lines = (tmp_path / ".env").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Z_]+=\S+", line)] == []
    required = set(re.findall(r"\$\{([A-Z_]+):\?", TEXT))
    assert {line.partition("=")[0] for line in lines} == required
    assert (tmp_path / "airflow-logins.json").stat().st_mode & 0o077 == 0


def test_the_code_in_the_image_is_readable_whatever_the_umask_of_the_clone() -> None:
    for part in DOCKERFILE.split("FROM production AS sandbox"):
        copied = re.findall(r"^COPY (?!requirements)(\S+) \S+$", part, re.MULTILINE)
        opened = re.search(r"^RUN chmod -R u=rwX,go=rX (.*?) &&", part, re.MULTILINE)
        assert opened is not None
        assert all(path.startswith(tuple(opened[1].split())) for path in copied)


def _logins(name: str) -> set[str]:
    """The roles of the warehouse whose passwords a service holds."""
    environment = SERVICES[name].get("environment", {})
    return set(re.findall(r"THROUGHLINE_([A-Z]+)_PASSWORD", json.dumps(environment)))


def test_each_process_holds_the_logins_that_its_work_needs() -> None:
    assert {name: _logins(name) for name in OURS} == {
        "migrate": {"OWNER", "LOOP", "LOADER", "READER", "DECIDER"},
        "backup": {"OWNER"},
        "retain": {"DECIDER"},
        "api-server": {"READER", "DECIDER"},
        "scheduler": set(),
        "dag-processor": set(),
        "triggerer": set(),
        "worker-1": {"LOOP", "LOADER"},
        "worker-2": {"LOOP", "LOADER"},
        "worker-decisions": {"LOOP", "LOADER", "DECIDER"},
        "sandbox": set(),
    }


def test_only_the_worker_that_may_record_decisions_takes_their_queue() -> None:
    code = (ROOT / "include/throughline/orchestration/decision_dags.py").read_text("utf-8")
    queue = re.search(r'^QUEUE = "(\w+)"$', code, re.MULTILINE)
    assert queue is not None
    taken = {
        name: service["command"][service["command"].index("--queues") + 1]
        for name, service in SERVICES.items()
        if "--queues" in service.get("command", [])
    }
    assert taken == {"worker-decisions": queue[1]}


def test_no_worker_can_sign_a_token() -> None:
    signing = {name for name in OURS if "JWT_SECRET" in json.dumps(SERVICES[name])}
    assert signing == {"api-server", "scheduler", "dag-processor", "triggerer"}


def _holders(pattern: str) -> set[str]:
    return {
        name for name in OURS if re.search(pattern, json.dumps(SERVICES[name].get("environment")))
    }


def test_no_worker_has_a_login_to_airflows_database() -> None:
    # It could write an answer to a question there, in anybody's name.
    holders = _holders("AIRFLOW_DB_PASSWORD")
    assert {name for name in OURS if "worker" in name or name == "sandbox"} == set(OURS) - holders
    assert _holders("FERNET") == holders
    # It still needs an address of one, or it looks for a file.
    assert "'sql_alchemy_conn = postgresql+psycopg2://nobody@no-database/none'" in DOCKERFILE


def test_only_who_queues_tasks_or_takes_them_has_a_login_to_the_queue() -> None:
    assert _holders("REDIS_PASSWORD") == {"scheduler", "worker-1", "worker-2", "worker-decisions"}


def test_a_busy_api_server_is_waited_for() -> None:
    # Five seconds, Airflow's default, failed each try of a night's first task on a busy machine.
    for name in OURS:
        if "worker" in name:
            environment = SERVICES[name]["environment"]
            assert float(environment["AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT"]) >= 60


def test_no_secret_is_on_a_command_line() -> None:
    # Everybody who is logged in to the machine can read those.
    for name, service in SERVICES.items():
        told = json.dumps([service.get("command"), service.get("healthcheck")])
        assert not re.search(r"(?<!\$)\$\{?\w*(PASSWORD|SECRET|KEY)", told), name


def test_no_container_fills_the_machine() -> None:
    for name, service in SERVICES.items():
        assert service["logging"]["driver"] == "local", name
        assert 0 < service["pids_limit"] < 32768, name
        limit = re.fullmatch(r"\$\{([A-Z]+_MEMORY):-(\d+[gm])\}", service["mem_limit"])
        assert limit is not None, name
        assert f"`{limit[1]}` {limit[2]}" in DOCS, name
    # PostgreSQL's parallel joins need more shared memory than Docker's 64 MB.
    assert SERVICES["postgres"]["shm_size"] == "1gb"


def test_no_container_can_be_written_into_or_gain_rights() -> None:
    for name, service in SERVICES.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "/tmp" in service["tmpfs"], name  # noqa: S108 - a path in a container
        assert not {"cap_add", "privileged", "network_mode", "pid"} & set(service), name
    # Without rights, the entrypoints of the public images cannot change their user.
    assert {name: SERVICES[name]["user"] for name in ("postgres", "redis")} == {
        "postgres": "postgres",
        "redis": "redis",
    }
    # What a process writes beside the volumes goes to /tmp.
    for name, service in SERVICES.items():
        if "celery" in service.get("command", []):
            assert "--pid /tmp/" in " ".join(service["command"]), name
    assert "> airflow/airflow.cfg" in DOCKERFILE


def test_the_port_is_on_loopback_unless_somebody_says_otherwise() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"api-server": ["${AIRFLOW_ADDRESS:-127.0.0.1}:${AIRFLOW_PORT:-8080}:8080"]}


def test_no_variable_of_the_image_is_unset_by_naming_it_without_a_value() -> None:
    # Compose then removes it from the container, which is seen only when the container runs.
    set_by_image = set(re.findall(r"^(?:ENV|   ) ?([A-Z_]+)=", DOCKERFILE, re.MULTILINE))
    assert {"AIRFLOW_HOME", "THROUGHLINE_PAGES", "THROUGHLINE_REVISION"} <= set_by_image
    for name in OURS:
        given = SERVICES[name].get("environment", {})
        assert not set_by_image & {key for key, value in given.items() if value is None}, name


def test_no_base_image_has_a_default() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases == ["${PYTHON_IMAGE}", "production"]
    assert re.search(r"^ARG PYTHON_IMAGE$", DOCKERFILE, re.MULTILINE)
    wanted = [SERVICES["postgres"]["image"], SERVICES["redis"]["image"]]
    wanted += [SERVICES[name]["build"]["args"]["PYTHON_IMAGE"] for name in OURS]
    for image in wanted:
        assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:\?set [^}]*\}", image), image


def test_the_simulated_health_system_is_in_an_image_of_its_own() -> None:
    production, _, sandbox = DOCKERFILE.partition("FROM production AS sandbox")
    copied = re.findall(r"^COPY (\S+)", production, re.MULTILINE)
    assert "include/throughline" in copied
    assert not {"include", ".", "include/sandbox", "include/stack"} & set(copied)
    assert re.findall(r"^COPY (\S+)", sandbox, re.MULTILINE) == ["include/sandbox"]
    assert "stack" not in DOCKERFILE
    targets = {name: SERVICES[name]["build"]["target"] for name in OURS}
    assert targets.pop("sandbox") == "sandbox"
    assert set(targets.values()) == {"production"}
    assert SERVICES["sandbox"]["image"] != SERVICES["scheduler"]["image"]


def test_every_setting_that_the_docs_name_is_one_of_the_file() -> None:
    docs = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")
    read = set(re.findall(r"\$\{([A-Z_]+)", TEXT)) | set(
        re.findall(r"^\s+([A-Z_]+):$", TEXT, re.MULTILINE)
    )
    ours = {name for name in read if not name.endswith("_PASSWORD")} - {"SEED", "PATIENTS"}
    assert {name for name in ours if name not in docs} == set()


def test_the_data_of_the_servers_outlives_their_containers() -> None:
    # Of the public images: since 18 the folder above PGDATA, so that an upgrade can see the old data beside the new.
    assert "/var/lib/postgresql" in _targets("postgres")
    assert "/data" in _targets("redis")


def test_the_heads_of_the_chain_outlive_their_containers_in_a_volume_of_their_own() -> None:
    named = re.search(r"THROUGHLINE_CHAIN=(\S+)", DOCKERFILE)
    assert named is not None
    writers = {name for name in OURS if _targets(name).get(named[1]) == f"chain:{named[1]}"}
    assert writers == {"worker-1", "worker-2", "worker-decisions", "backup"}
    assert _targets("api-server")[named[1]] == f"chain:{named[1]}:ro"


def test_the_image_has_a_celery_that_the_executor_can_import() -> None:
    # celery.backends.database has no `retry` since 5.7, which the provider's executor imports.
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    ((major, minor),) = re.findall(r"^celery==(\d+)\.(\d+)", locked, re.MULTILINE)
    assert (int(major), int(minor)) < (5, 7)
    assert "celery==" not in DOCKERFILE


def test_the_daemon_gets_what_is_copied_and_no_secret() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copied = re.findall(r"^COPY (?:--chown=\S+ )?(\S+) \S+$", DOCKERFILE, re.MULTILINE)
    assert "*" in lines
    assert let_in == {path.split("/")[0] for path in copied}


def _targets(name: str) -> dict[str, object]:
    """What is mounted into a service, by its path there."""
    return {
        volume["target"] if isinstance(volume, dict) else volume.split(":")[1]: volume
        for volume in SERVICES[name].get("volumes", [])
    }


def test_paths_that_are_copied_and_mounted_exist() -> None:
    for source in re.findall(r"^COPY (?:--chown=\S+ )?(\S+) \S+$", DOCKERFILE, re.MULTILINE):
        assert (ROOT / source).exists(), source
    declared = set(COMPOSE["volumes"])
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            named = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
            assert named.startswith(("${", "./")) or named in declared, volume
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])


def test_variables_of_the_project_are_read_by_it() -> None:
    text = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8") + DOCKERFILE
    code = "\n".join(
        file.read_text(encoding="utf-8")
        for folder in ("include", "dags", "plugins")
        for file in (ROOT / folder).rglob("*.py")
    )
    ours = set(re.findall(r"^\s*(?:ENV )?(THROUGHLINE_[A-Z_]+)[:=]", text, re.MULTILINE))
    assert ours
    for name in ours:
        pattern = name if not name.endswith("_PASSWORD") else "THROUGHLINE_"
        assert pattern in code, name


def test_the_image_runs_as_nobody_special_on_a_python_that_is_locked() -> None:
    assert re.search(r"^USER throughline$", DOCKERFILE, re.MULTILINE)
    python = re.search(r"python:(3\.\d+)", DOCKERFILE)
    assert python is not None
    assert python.group(1) in {"3.11", "3.12", "3.13"}


def test_postgresql_is_as_large_as_its_limit_allows() -> None:
    service = SERVICES["postgres"]
    assert service["mem_limit"] == "${POSTGRES_MEMORY:-8g}"
    said = dict(re.findall(r"^-c(\w+)=\$\{\w+:-(.*)\}$", "\n".join(service["command"]), re.M))
    assert said == sized(8 << 30)
