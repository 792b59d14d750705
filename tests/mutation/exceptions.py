"""What looks like a rule and is none, each with the reason; the completeness check reads it."""

from collections.abc import Mapping

_HEADING = "the heading of a table"
_WORD = "a word; what it rules is quoted where it is used"
_SHAPE = "the shape of an event or answer; the schemas and their tests hold it"
_LEAD = "leads to the next clause, which is quoted"
_DEPLOYED = "how it is deployed; no line of the core keeps it"

# Clauses of the contract, by how they begin.
NO_RULE: Mapping[str, str] = {
    "word | meaning": _HEADING,
    "variable | meaning": _HEADING,
    "action | further fields": _HEADING,
    "status | code": _HEADING,
    "errorType | what": _HEADING,
    "share, revoke |": _WORD,
    "promote |": _WORD,
    "prune | decide": _WORD,
    "intent |": _WORD,
    "floor |": _WORD,
    "plan |": _WORD,
    "Function `aca-redshift-backup`": _DEPLOYED,
    "the same zip runs as": _DEPLOYED,
    "Only the deployment sets these": "held by the rules on each variable",
    "The documented event works": _SHAPE,
    "Common fields": _LEAD,
    "An EventBridge envelope": _LEAD,
    "`create` | - |": "quoted clause by clause in section 6",
    "`status`, `check` | - | none": "they have no changing call to take out",
    "`sweep` | - (the drills": "quoted clause by clause in section 6",
    "`sweep` | `clusters`": _SHAPE,
    "letters and digits of any script": "the pattern of that rule; held by the field's test",
    "`evidence_uri` is an": "the pattern of that rule; held by the field's test",
    "`stamp` | `snapshot_id`": _SHAPE,
    "`backup` answers": _SHAPE,
    "`completed` | 200": _SHAPE,
    "`create` answers": _SHAPE,
    "`prune` answers": _SHAPE,
    "call again)": _LEAD,
    "action | answers": _HEADING,
    "`check` | `ok`": _SHAPE,
    "`adopt` | `plan`": _SHAPE,
    "`hold` |": _SHAPE,
    "`release` |": _SHAPE,
    "`stamp` | `snapshot_id`, `result`": _SHAPE,
    "`changed` is true": _SHAPE,
    "shares with `TARGET_ACCOUNT_ID` only": "reconcile has no field for other accounts",
    "a prune that had planned": "says what is not promised",
    "Takes available manual snapshots": "held by the rules on what is refused",
    "The plan is of the whole chain": "shows; what it shows is decided by the rules of prune",
    "what the next prune would do": "shows; what it shows is decided by the rules of prune",
    "To keep a snapshot that no rule keeps": "advice; held by the rules on held snapshots",
    "Repeating it": "held by the rule on what is ours already",
    "Time is bounded": _LEAD,
    "Failures raise": _LEAD,
    "The function publishes no alert": _DEPLOYED,
    "a synchronous caller owns": _DEPLOYED,
    "**create.** Inside the window": _LEAD,
    "only a restore is proof": "says what no test of a key can",
    "Each intent is read right before": "an order of steps, with a test of its own",
    "Always scheduled": _DEPLOYED,
    "the function alone and under Airflow": "one code; there is no second planner to take out",
}

_NARROWS = "narrows a type; without it the next line would not run"
_WORDS_ONLY = "chooses words; the decision is the same"
_AWS = "AWS's own error, told on"

# Code by file, function and how it begins.
NO_GUARD: Mapping[tuple[str, str, str], str] = {
    ("retention.py", "plan_prune", "good"): _NARROWS,
    ("retention.py", "refusal", "plan.counted_deletions > most"): _WORDS_ONLY,
    ("retention.py", "refusal", "plan.newest_good_age is not None"): _WORDS_ONLY,
    ("retention.py", "refusal", "age is None"): _WORDS_ONLY,
    ("retention.py", "_reasons_to_keep", "shared != verified"): _WORDS_ONLY,
    ("retention.py", "recalled_policy", "newest is not None"): _NARROWS,
    ("model.py", "Snapshot.data_time", "parse_instant(self.tags.get(SOURCE_CREATE_TIME, ''))"): (
        "the operand that rules is the other one"
    ),
    ("retention.py", "plan_prune", "judged_by is not None"): _NARROWS,
    ("retention.py", "plan_prune", "reason not in reasons[name]"): _WORDS_ONLY,
    ("retention.py", "refusal", "plan.policy.event_accounts"): _WORDS_ONLY,
    ("retention.py", "refusal", "plan.judged_by is not None"): _WORDS_ONLY,
    ("retention.py", "tag_to_leave", "has_other_accounts"): _WORDS_ONLY,
    ("retention.py", "tag_to_leave", "is_plain"): _NARROWS,
    ("sharing.py", "key_warnings", "facts.policy is None"): _NARROWS,
    ("sharing.py", "key_warnings", "facts.grants is None"): _WORDS_ONLY,
    ("sharing.py", "policy_admits", "facts.policy is None"): _NARROWS,
    ("request.py", "_Parser.target_account_ids", "one is not None"): _NARROWS,
    (
        "fields.py",
        "_whole_number.read",
        "raise FieldError(f'a text, not {wanted}; write it without quotes')",
    ): _WORDS_ONLY,
    ("request.py", "_Parser.target_account_ids", "not accounts"): (
        "the operand that rules is the other one: without the field there are no accounts"
    ),
    (
        "request.py",
        "_Parser.target_account_ids",
        "not self.payload.keys() & {'target_account_id', 'target_account_ids'}",
    ): "keeps a malformed target from being called missing too",
    ("create.py", "_without_available_cluster", "raise error"): _AWS,
    ("create.py", "_plan", "raise NoSnapshotForSlotError"): "the same error with more words",
    ("request.py", "_Faults.raise_if_any", "raise kind(f'the event has"): (
        "what is left of the rule that all faults are named"
    ),
    ("drill.py", "_foreign_reason", "cluster.create_time is None"): _WORDS_ONLY,
    ("drill.py", "judge", "isinstance(intent, MalformedIntent)"): _NARROWS,
    ("check.py", "observe", "raise denied[_SNAPSHOTS]"): _AWS,
}
