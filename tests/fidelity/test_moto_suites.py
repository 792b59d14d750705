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


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_moto_s_suites_pass_as_they_do_against_moto() -> None:
    try:
        suites.fetch()
    except suites.SourceUnreachableError as error:
        pytest.skip(f"moto's source package cannot be fetched: {error}")
    stock, ours = suites.read_stock(), suites.run("sandbox")
    (suites.CACHE / "result.txt").write_text(suites.table(stock, ours), encoding="utf-8")
    lost, allowed = suites.losses(stock, ours), differences.read_tests()
    unexplained = {test: reason for test, reason in lost.items() if test not in allowed}
    assert unexplained == {}
    assert sorted(set(allowed) - set(lost)) == [], "these differ no longer: take them out"
