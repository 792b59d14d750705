"""Moto's own tests pass against the sandbox as they do against moto, but for named differences."""

from importlib.metadata import version

import pytest

from tests.fidelity import differences, suites


def test_stored_outcomes_are_of_the_installed_moto() -> None:
    assert version("moto") == suites.MOTO_VERSION
    assert f"moto=={suites.MOTO_VERSION} " in (suites.HERE / "requirements.txt").read_text()


def test_every_difference_is_a_test_that_stock_moto_passes() -> None:
    stock = suites.read_stock().outcomes
    assert [test for test in differences.read_tests() if stock.get(test) != "passed"] == []


def test_document_names_every_difference_with_its_rule() -> None:
    assert differences.written() == differences.render()


@pytest.fixture(scope="module")
def moto_source() -> None:
    """Moto's source package in the cache."""
    try:
        suites.fetch()
    except suites.SourceUnreachableError as error:
        pytest.skip(f"moto's source package cannot be fetched: {error}")


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("moto_source")
def test_moto_s_suites_pass_as_they_do_against_moto() -> None:
    stock, ours = suites.read_stock(), suites.run("sandbox")
    (suites.CACHE / "result.txt").write_text(suites.table(stock, ours), encoding="utf-8")
    lost, allowed = suites.losses(stock, ours), differences.read_tests()
    unexplained = {test: reason for test, reason in lost.items() if test not in allowed}
    assert unexplained == {}
    assert sorted(set(allowed) - set(lost)) == [], "these differ no longer: take them out"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("moto_source")
def test_tests_with_illegal_names_pass_when_their_names_are_legal() -> None:
    tests = [t for rule in differences.read_rules() if rule.legal_names for t in rule.tests]
    found = suites.run_tests("sandbox", suites.with_legal_names(), tests)
    failed = {test: found.reasons.get(test) for test in tests if found.outcomes[test] != "passed"}
    assert failed == {}
