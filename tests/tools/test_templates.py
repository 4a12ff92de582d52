"""What people meet who open an issue or a pull request."""

import re

import pytest
import yaml

from .conftest import ROOT

FORMS = {
    path.name: yaml.safe_load(path.read_text())
    for path in (ROOT / ".github").glob("ISSUE_TEMPLATE/*.yml")
}
CONFIG = FORMS.pop("config.yml")
KINDS = {"input", "textarea", "dropdown"}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_asks_what_github_can_show_and_for_where_it_was(name):
    form = FORMS[name]
    assert {"name", "description", "labels", "body"} <= set(form)
    ids = [field["id"] for field in form["body"]]
    assert len(set(ids)) == len(ids)
    assert ids[0] == "where"
    for field in form["body"]:
        assert field["type"] in KINDS
        assert field["attributes"]["label"]
        assert bool(field["attributes"].get("options")) == (field["type"] == "dropdown")
    assert any(field.get("validations", {}).get("required") for field in form["body"])


def test_weaknesses_go_where_the_security_policy_says():
    (contact,) = CONFIG["contact_links"]
    policy = (ROOT / "SECURITY.md").read_text()
    assert contact["url"].endswith("/security/advisories/new")
    assert f"({contact['url']})" in policy
    assert "private" in contact["about"]


def test_the_code_of_conduct_says_where_to_turn():
    text = (ROOT / "CODE_OF_CONDUCT.md").read_text()
    assert re.search(r"page \*Security\*.*\n?\*Report a vulnerability\*", text)


def test_what_a_pull_request_asks_for_exists():
    text = (ROOT / ".github" / "PULL_REQUEST_TEMPLATE.md").read_text()
    targets = re.findall(r"`make (\w+)`", text)
    makefile = (ROOT / "Makefile").read_text()
    assert targets
    assert [one for one in targets if not re.search(rf"^{one}:", makefile, re.MULTILINE)] == []
    commands = re.findall(r"`make_book\.py (\w+)`", text)
    assert commands == ["sweep"]
    assert (ROOT / "CHANGELOG.md").exists()
