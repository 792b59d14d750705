"""Section 6, share: only ours, only available, only under a key that others may use."""

from tests.mutation.rules import ACTIONS, OVER_HTTP, SHARING, UNIT, rule

_OF = f"{UNIT}test_safety_rules_of_create_and_share.py::"
_WORDS = f"{UNIT}test_safety_rules_of_words.py::"
_BACKUPS = f"{OVER_HTTP}test_backup.py::"
_OVER_HTTP = f"{OVER_HTTP}test_safety_rules_over_http.py::"
_PLAN = (SHARING, "plan_share")
_WARN = f"{_OF}test_a_key_that_keeps_the_target_out_is_a_warning"
_KEY = "An AWS-managed key is refused, because its snapshots cannot be restored elsewhere"
_WARNINGS = "its policy and grants for the target are checked and reported as warnings"

RULES = (
    rule(
        "only ours is shared",
        says="Only ours, only available",
        at=_PLAN,
        guard="not chain.owns(snapshot)",
        becomes="False",
        test=f"{_OF}test_only_ours_is_shared",
    ),
    rule(
        "only available is shared",
        says="Only ours, only available",
        at=_PLAN,
        guard="snapshot.status != AVAILABLE",
        becomes="False",
        test=f"{_OF}test_only_available_is_shared",
    ),
    rule(
        "who is authorized already is not asked for again",
        says="Strangers are reported",
        at=_PLAN,
        guard="one not in snapshot.accounts",
        becomes="True",
        test=f"{_WORDS}test_a_snapshot_shared_already_takes_no_step",
    ),
    rule(
        "strangers are reported",
        says="Strangers are reported",
        at=_PLAN,
        guard="tuple(sorted(snapshot.accounts - set(accounts) - chain.required_accounts))",
        becomes="()",
        test=f"{_OF}test_share_authorizes_who_is_missing_and_reports_strangers",
    ),
    rule(
        "a required account is no stranger",
        says="Strangers are reported",
        at=_PLAN,
        guard="snapshot.accounts - set(accounts) - chain.required_accounts",
        becomes="snapshot.accounts - set(accounts)",
        test=f"{_WORDS}test_a_required_account_is_never_revoked_as_a_stranger",
    ),
    rule(
        "strangers are revoked only on request",
        says="`revoke_strangers` (false)",
        at=_PLAN,
        guard="if revoke_strangers",
        becomes="True",
        test=f"{_OF}test_share_authorizes_who_is_missing_and_reports_strangers",
    ),
    rule(
        "an AWS-managed key is refused",
        says=_KEY,
        at=(SHARING, "key_refusal"),
        guard="facts is not None and facts.manager == 'AWS'",
        becomes="False",
        test=f"{_OF}test_an_aws_managed_key_is_refused",
    ),
    rule(
        "a customer managed key is not refused",
        says=_KEY,
        at=(SHARING, "key_refusal"),
        guard="facts.manager == 'AWS'",
        becomes="True",
        test=f"{_OF}test_an_aws_managed_key_is_refused",
    ),
    rule(
        "the key that AWS owns is refused",
        says=_KEY,
        at=(SHARING, "key_refusal"),
        guard="encrypted and kms_key_id in (None, AWS_OWNED_KEY)",
        becomes="False",
        test=f"{_OF}test_the_key_that_aws_owns_is_refused",
    ),
    rule(
        "unencrypted is allowed",
        says="Unencrypted is allowed",
        at=(SHARING, "key_refusal"),
        guard="encrypted and kms_key_id in (None, AWS_OWNED_KEY)",
        becomes="kms_key_id in (None, AWS_OWNED_KEY)",
        test=f"{_OF}test_the_key_that_aws_owns_is_refused",
    ),
    rule(
        "a refused key stops the share",
        says=_KEY,
        at=(f"{ACTIONS}share.py", "check_key"),
        guard="if refusal is not None",
        becomes="False",
        test=f"{_BACKUPS}test_an_aws_managed_key_is_refused_with_the_way_out",
        dies_by=("AwsError",),
    ),
    rule(
        "the key is checked before the share",
        says=_KEY,
        at=(f"{ACTIONS}share.py", "share_snapshot"),
        guard="check_key(invocation, snapshot, plan.authorize)",
        becomes="()",
        test=f"{_BACKUPS}test_an_aws_managed_key_is_refused_with_the_way_out",
        dies_by=("AwsError",),
    ),
    rule(
        "a key that keeps the target out is a warning",
        says=_WARNINGS,
        at=(SHARING, "key_warnings"),
        guard="key_admits(facts, account)",
        becomes="True",
        test=_WARN,
    ),
    rule(
        "a policy that admits the target is enough",
        says=_WARNINGS,
        at=(SHARING, "key_admits"),
        guard="policy_admits(facts, account)",
        becomes="False",
        test=_WARN,
    ),
    rule(
        "a grant that admits the target is enough",
        says=_WARNINGS,
        at=(SHARING, "key_admits"),
        guard="_grant_admits(facts.grants, account)",
        becomes="False",
        test=_WARN,
    ),
    rule(
        "a key has to be enabled",
        says=_WARNINGS,
        at=(SHARING, "key_warnings"),
        guard="facts.state not in (None, 'Enabled')",
        becomes="False",
        test=f"{_OF}test_what_kms_does_not_tell_is_a_warning",
    ),
    rule(
        "what KMS does not tell is a warning",
        says=_WARNINGS,
        at=(SHARING, "key_warnings"),
        guard="[f'key {facts.key_id}: {fact}' for fact in facts.unread]",
        becomes="[]",
        test=f"{_OF}test_what_kms_does_not_tell_is_a_warning",
    ),
    rule(
        "only a statement that allows admits",
        says=_WARNINGS,
        at=(SHARING, "policy_admits"),
        guard="statement.get('Effect') == 'Allow'",
        becomes="True",
        test=f"{_WORDS}test_a_statement_that_denies_admits_nobody",
    ),
    rule(
        "only a statement for the target admits it",
        says=_WARNINGS,
        at=(SHARING, "policy_admits"),
        guard="_names_account(statement.get('Principal'), account)",
        becomes="True",
        test=_WARN,
    ),
    rule(
        "only a grant for the target admits it",
        says=_WARNINGS,
        at=(SHARING, "_grant_admits"),
        guard="_is_of_account(str(grant.get('GranteePrincipal', '')), account)",
        becomes="True",
        test=f"{_WORDS}test_a_grant_to_another_account_admits_nobody_else",
    ),
    rule(
        "only a grant to decrypt admits",
        says=_WARNINGS,
        at=(SHARING, "_grant_admits"),
        guard="'Decrypt' in _listed(grant.get('Operations'))",
        becomes="True",
        test=_WARN,
    ),
    rule(
        "a snapshot that is gone is not shared",
        says="Only ours, only available",
        at=(f"{ACTIONS}share.py", "run"),
        guard="if snapshot is None",
        becomes="False",
        test=f"{_OVER_HTTP}test_a_snapshot_that_is_not_there_is_not_shared",
        dies_by=("AttributeError",),
    ),
    rule(
        "strangers go first",
        says="`revoke_strangers` (false)",
        at=(f"{ACTIONS}share.py", "_apply"),
        guard="[*((one, gateway.revoke, 'Revoked a stranger') for one in plan.revoke),"
        " *((one, gateway.authorize, 'Shared') for one in plan.authorize)]",
        becomes="[*((one, gateway.authorize, 'Shared') for one in plan.authorize),"
        " *((one, gateway.revoke, 'Revoked a stranger') for one in plan.revoke)]",
        test=f"{_OVER_HTTP}test_strangers_lose_the_data_before_anything_else_can_fail",
    ),
)
