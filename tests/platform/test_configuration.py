"""The generated files: nginx accepts them, and nothing is left to fill in."""

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hostel_stack import configure
from hostel_stack.settings import ROOT, Settings
from hostel_stack.stack import nginx_accepts

PORTS = {"web": 18069, "evented": 18072, "queue": 18070, "sandbox": 18090}
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture(params=["development", "production"])
def settings(request, run_dir, monkeypatch):
    monkeypatch.setenv("HOSTEL_FIELD_KEY", KEY)
    tools = Path(os.environ["HOSTEL_TOOLS_DIR"])
    made = Settings(run_dir=run_dir, tools_dir=tools, port=18169, mode=request.param, ports=PORTS)
    for directory in (made.conf_dir, made.log_dir, made.sockets):
        directory.mkdir()
    return made


def container(run_dir, what: str) -> str:
    """What the image's entrypoint would write."""
    env = os.environ | {
        "HOSTEL_RUN_DIR": str(run_dir),
        "HOSTEL_ENV": "production",
        "HOSTEL_FIELD_KEY": KEY,
        "HOSTEL_URL": "http://localhost:8069",
        "PGHOST": "postgres",
        "REDIS_URL": "redis://redis:6379/0",
        "WEB_HOST": "127.0.0.1:18069",
        "EVENTED_HOST": "127.0.0.1:18072",
    }
    command = [sys.executable, ROOT / "scripts" / "lib" / "container.py", what]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


def test_nginx_accepts_the_generated_configuration(settings):
    configure.write_all(settings)
    accepted, words = nginx_accepts(settings.conf_dir / "nginx.conf")
    assert accepted, words


def test_nginx_accepts_the_containers_configuration(run_dir):
    conf = run_dir / "nginx.conf"
    conf.write_text(container(run_dir, "nginx"))
    accepted, words = nginx_accepts(conf)
    assert accepted, words


def test_nginx_refuses_a_broken_configuration(run_dir):
    """The check can fail."""
    conf = run_dir / "nginx.conf"
    conf.write_text(container(run_dir, "nginx").replace("proxy_cache live;", "proxy_cache gone;"))
    assert not nginx_accepts(conf)[0]


def test_nothing_is_left_to_fill_in(settings):
    configure.write_all(settings)
    for path in settings.conf_dir.iterdir():
        assert not re.findall(r"@[A-Z_]+@", path.read_text())


def test_a_placeholder_without_a_value_is_an_error():
    with pytest.raises(KeyError):
        configure.fill("port = @NOBODY_KNOWS@", {})


def test_odoo_is_told_one_database_and_no_filter(settings):
    configure.write_all(settings)
    conf = configparser.ConfigParser(interpolation=None)
    conf.read(settings.odoo_conf)
    options = conf["options"]
    assert options["db_name"] == "hostel"
    assert "dbfilter" not in options
    assert options["list_db"] == "False"
    assert options["max_cron_threads"] == "0"
    assert "queue_job" in options["server_wide_modules"].split(",")


def test_secrets_are_in_no_file_that_others_read(settings):
    configure.write_all(settings)
    environment = settings.process_environment()
    secret = environment["CAMU_WEBHOOK_SECRET"]
    assert (settings.run_dir / "secrets").stat().st_mode & 0o077 == 0
    assert settings.odoo_conf.stat().st_mode & 0o077 == 0
    for path in settings.conf_dir.iterdir():
        assert secret not in path.read_text()
        assert KEY not in path.read_text()


def test_production_runs_no_sandbox(settings):
    configure.write_all(settings)
    conf = (settings.conf_dir / "supervisord.conf").read_text()
    assert ("program:camu-sandbox" in conf) == (settings.mode == "development")


def test_the_jobs_run_in_one_process_only(settings):
    configure.write_all(settings)
    conf = configparser.RawConfigParser()
    conf.read(settings.conf_dir / "supervisord.conf")
    assert "root:0" in conf["fcgi-program:odoo-web"]["environment"]
    assert "root:0" in conf["program:odoo-evented"]["environment"]
    assert "environment" not in conf["program:odoo-queue"]


def test_container_listens_to_its_neighbours(run_dir):
    conf = configparser.ConfigParser(interpolation=None)
    conf.read_string(container(run_dir, "odoo"))
    assert conf["options"]["http_interface"] == "0.0.0.0"
    assert conf["options"]["db_host"] == "postgres"


@pytest.mark.parametrize("name", ["docker-compose.yml", "docker-compose.scale.yml"])
def test_compose_files_are_yaml_and_know_their_services(name):
    composed = yaml.safe_load((ROOT / "docker" / name).read_text())
    base = yaml.safe_load((ROOT / "docker" / "docker-compose.yml").read_text())
    assert set(composed["services"]) <= set(base["services"])
    for service in base["services"].values():
        for needed in service.get("depends_on", []):
            assert needed in base["services"]


def test_compose_has_every_program_of_the_stack():
    services = yaml.safe_load((ROOT / "docker" / "docker-compose.yml").read_text())["services"]
    programs = {"web", "evented", "queue", "postgres", "redis", "nginx", "sandbox"}
    assert programs <= set(services)
    entrypoint = (ROOT / "docker" / "entrypoint").read_text()
    for name, service in services.items():
        if service["image"] == "hostel":
            assert f"\n    {service['command']})" in entrypoint, name


def test_scaled_stack_has_several_web_and_evented_containers():
    services = yaml.safe_load((ROOT / "docker" / "docker-compose.scale.yml").read_text())[
        "services"
    ]
    assert services["web"]["deploy"]["replicas"] > 1
    assert services["evented"]["deploy"]["replicas"] > 1


def test_image_is_built_by_the_setup_script():
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text()
    assert "scripts/setup --no-services" in dockerfile
    assert "\nUSER hostel" in dockerfile


def test_an_inner_port_makes_way_for_the_outer_one(run_dir):
    """Nobody listens on either while they are chosen."""
    made = Settings(run_dir=run_dir, tools_dir=run_dir, port=18169, ports=dict(PORTS))
    made.conf_dir.mkdir()
    made.port = PORTS["sandbox"]
    made.choose_ports()
    assert made.ports["sandbox"] != made.port
    assert len({made.port, *made.ports.values()}) == 5
