"""The reference of the claim policy is what the policy says."""

from domain.policy import POLICY
from orderproof import claim_reference


def test_the_page_shows_the_policy_in_force():
    page = claim_reference.page()

    assert claim_reference.PAGE.read_text(encoding="utf-8") == page, "run `make docs`"
    assert f"**`{POLICY.version}`**" in page
    for row in (*POLICY.windows, *POLICY.tolerances):
        assert f"| {row.source} | {row.checked_on} |" in page
