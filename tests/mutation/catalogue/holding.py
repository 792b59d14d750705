"""hold, release, adopt and stamp: what is ours, what stays, whose data stays as old as it is."""

from tests.mutation.rules import ACTIONS, FIELDS, OVER_HTTP, REQUEST, UNIT, rule

_HOLDING = "lambda/redshift_backup/holding.py"
_STAMPING = "lambda/redshift_backup/stamping.py"
_ADOPTION = "lambda/redshift_backup/adoption.py"
_ADOPTABLE = "lambda/redshift_backup/adoptable.py"
_FINDING = "lambda/redshift_backup/finding.py"
_EVENTS = f"{UNIT}test_safety_rules_of_events.py::"
_STAMPS = f"{UNIT}test_safety_rules_of_stamps.py::"
_ADOPTIONS = f"{UNIT}test_safety_rules_of_adoption.py::"
_HOLDS = f"{OVER_HTTP}test_hold.py::"
_HTTP_STAMPS = f"{OVER_HTTP}test_stamp.py::"
_HTTP_ADOPTIONS = f"{OVER_HTTP}test_adopt.py::"
_MALFORMED = f"{_EVENTS}test_a_malformed_hold_adoption_or_stamp_is_a_fault"
_REFUSAL = (_ADOPTABLE, "refusal_to_adopt")
_PLAN_STAMP = (_STAMPING, "plan_stamp")

RULES = (
    *(
        rule(
            f"a malformed value: {name}",
            says="What becomes the value of a tag is what AWS allows in one",
            at=(FIELDS, inside),
            guard=guard,
            becomes="False",
            test=_MALFORMED,
            dies_by=("TypeError", "AttributeError"),
        )
        for name, inside, guard in (
            ("the length of a reason", "_tag_text", "not 1 <= len(text) <= 256"),
            ("what cannot stand in a tag", "_tag_text", "if wrong"),
            (
                "how many are adopted at once",
                "_any_snapshots",
                "if not isinstance(value, list) or not 1 <= len(value) <= MAXIMUM_ADOPTED_AT_ONCE",
            ),
            ("what is no identifier", "_any_snapshots", "if wrong"),
            (
                "what is no number",
                "_seconds",
                "isinstance(value, bool) or not isinstance(value, int | float)",
            ),
            (
                "seconds out of their range",
                "_seconds",
                "not 0 <= value <= _LONGEST_RESTORE_SECONDS",
            ),
            (
                "evidence with a credential in its address",
                "_evidence_uri",
                "if not isinstance(value, str) or len(value) > 256"
                " or not re.fullmatch(pattern, value)",
            ),
        )
    ),
    rule(
        "a pattern to adopt by is of plain characters",
        says="`identifier_pattern` knows `*` and `?`",
        at=(FIELDS, "_pattern"),
        guard="if not isinstance(value, str) or not re.fullmatch('[A-Za-z0-9:*?-]{1,255}', value)",
        becomes="False",
        test=f"{_EVENTS}test_a_pattern_to_adopt_by_has_no_classes",
    ),
    rule(
        "hold, release and stamp need their snapshot",
        says="`snapshot_id`, `reason` (required to hold)",
        at=(REQUEST, "_Parser.check_required"),
        guard="if name not in self.payload",
        becomes="False",
        test=f"{_EVENTS}test_hold_release_and_stamp_need_one_snapshot",
    ),
    rule(
        "adopt names what it takes in one way",
        says="exactly one of `snapshot_ids` (1 to 100) and `identifier_pattern`",
        at=(REQUEST, "_Parser.check_required"),
        guard="self.action == 'adopt' and len(selectors) != 1",
        becomes="False",
        test=f"{_EVENTS}test_adopt_names_what_it_takes_in_one_way",
    ),
    rule(
        "adopt is a dry run by default",
        says="a dry run unless `dry_run` is `false`",
        at=(REQUEST, "parse_request"),
        guard="parser.action in DRY_RUN_BY_DEFAULT",
        becomes="False",
        test=f"{_EVENTS}test_adopt_is_a_dry_run_unless_the_event_says_otherwise",
    ),
    rule(
        "a dry run adopts nothing",
        says="A dry run unless `dry_run` is `false`",
        at=(f"{ACTIONS}adopt.py", "run"),
        guard="if not invocation.request.dry_run",
        becomes="True",
        test=f"{_HTTP_ADOPTIONS}test_adopt_is_a_dry_run_by_default",
    ),
    rule(
        "a restore test of the future is no proof",
        says="A test from before the snapshot, of the future",
        at=(REQUEST, "_Parser.verified_at"),
        guard="verified_at > now + FUTURE_TOLERANCE",
        becomes="False",
        test=f"{_EVENTS}test_a_restore_test_of_the_future_is_no_proof",
    ),
    rule(
        "only ours is held, released or stamped",
        says="Only ours",
        at=(_FINDING, "find_ours"),
        guard="not chain.owns(snapshot)",
        becomes="False",
        test=(
            f"{_HOLDS}test_only_ours_is_held_or_released",
            f"{_HTTP_STAMPS}test_only_ours_is_stamped",
        ),
        dies_by=("NotFoundError", "RefusedError"),
    ),
    rule(
        "a snapshot that is gone is told",
        at=(_FINDING, "find_ours"),
        guard="snapshot is None",
        becomes="False",
        test=f"{_HOLDS}test_a_held_snapshot_that_is_gone_is_told",
        dies_by=("AttributeError",),
    ),
    rule(
        "what holds no data is never held",
        says="A `failed` or `cancelled` snapshot holds no data and is refused",
        at=(_HOLDING, "needs_hold"),
        guard="snapshot.status not in _HOLDABLE",
        becomes="False",
        test=f"{_STAMPS}test_what_holds_no_data_is_never_held",
    ),
    rule(
        "a hold is never replaced silently",
        says="for another reason than the one that is there it is `HeldError`",
        at=(_HOLDING, "needs_hold"),
        guard="present != reason",
        becomes="False",
        test=f"{_STAMPS}test_a_hold_is_never_replaced_silently",
    ),
    rule(
        "a dry run holds nothing",
        at=(f"{ACTIONS}hold.py", "run"),
        guard="not request.dry_run",
        becomes="True",
        test=f"{_HOLDS}test_dry_runs_of_hold_and_release_change_nothing",
    ),
    rule(
        "a hold is looked at again",
        says="Both look again after the change and answer by what is there",
        at=(f"{ACTIONS}hold.py", "_hold"),
        guard="check_held(after, reason)",
        becomes="None",
        test=f"{_HOLDS}test_a_hold_that_came_at_the_same_time_is_named",
    ),
    rule(
        "a hold that AWS does not show is an error",
        says="Both look again after the change and answer by what is there",
        at=(_HOLDING, "check_held"),
        guard="needs_hold(snapshot, reason)",
        becomes="False",
        test=f"{_HOLDS}test_a_hold_that_aws_took_and_does_not_show_is_an_error_to_retry",
    ),
    rule(
        "a snapshot deleted while it was held is not reported as held",
        says="Both look again after the change and answer by what is there",
        at=(f"{ACTIONS}hold.py", "_hold"),
        guard="after is None",
        becomes="False",
        test=f"{_HOLDS}test_a_snapshot_deleted_while_it_was_held_is_not_reported_as_held",
        dies_by=("AttributeError",),
    ),
    rule(
        "a dry run releases nothing",
        at=(f"{ACTIONS}release.py", "run"),
        guard="not request.dry_run",
        becomes="True",
        test=f"{_HOLDS}test_dry_runs_of_hold_and_release_change_nothing",
    ),
    rule(
        "a release takes off that tag only",
        at=(f"{ACTIONS}release.py", "_release"),
        guard="(HOLD,)",
        becomes="tuple(snapshot.tags)",
        test=f"{_HOLDS}test_a_release_takes_off_exactly_that_tag",
    ),
    rule(
        "a release that somebody undid is told",
        says="Both look again after the change and answer by what is there",
        at=(_HOLDING, "check_released"),
        guard="present is not None",
        becomes="False",
        test=f"{_HOLDS}test_a_release_that_somebody_undid_is_told",
    ),
    rule(
        "a stamp is of this snapshot",
        says="A test from before the snapshot, of the future",
        at=_PLAN_STAMP,
        guard="stamp.verified_at < snapshot.create_time.replace(microsecond=0)",
        becomes="False",
        test=f"{_STAMPS}test_a_test_from_before_the_snapshot_is_none_of_it",
    ),
    rule(
        "only an available snapshot has passed a test",
        says="or passed by a snapshot that is not available is refused",
        at=_PLAN_STAMP,
        guard="stamp.result == 'passed' and snapshot.status != AVAILABLE",
        becomes="False",
        test=f"{_STAMPS}test_only_an_available_snapshot_has_passed_a_test",
    ),
    rule(
        "an older stamp never overwrites a newer one",
        says="An older stamp never overwrites a newer one (`skipped`)",
        at=(_STAMPING, "_outdated"),
        guard="stamp.verified_at < present",
        becomes="False",
        test=f"{_STAMPS}test_an_older_stamp_never_overwrites_a_newer_one",
    ),
    rule(
        "of two tests of one instant the failure stands",
        says="of two at the same instant a failure stands",
        at=(_STAMPING, "_outdated"),
        guard="(stamp.result, result) == ('passed', 'failed')",
        becomes="False",
        test=f"{_STAMPS}test_of_two_tests_of_one_instant_the_failure_stands",
    ),
    rule(
        "a stamp that says nothing does not bar the next",
        at=(_STAMPING, "_outdated"),
        guard="present > now + FUTURE_TOLERANCE",
        becomes="False",
        test=f"{_STAMPS}test_a_stamp_that_says_nothing_does_not_bar_the_next",
    ),
    rule(
        "a dry run stamps nothing",
        at=(f"{ACTIONS}stamp.py", "run"),
        guard="not request.dry_run",
        becomes="True",
        test=f"{_HTTP_STAMPS}test_a_dry_run_of_stamp_shows_it_and_changes_nothing",
    ),
    rule(
        "evidence never stands beside another test's result",
        says="What the new stamp does not say is taken off with the old one",
        at=(f"{ACTIONS}stamp.py", "_write"),
        guard="gateway.untag_snapshot(snapshot, plan.stale_keys)",
        becomes="None",
        test=f"{_HTTP_STAMPS}test_a_newer_stamp_takes_the_evidence_of_the_older_one_away",
        dies_by=("AwsError",),
    ),
    rule(
        "a stamp that AWS does not show is an error",
        at=(f"{ACTIONS}stamp.py", "_write"),
        guard="if left.changes",
        becomes="False",
        test=f"{_HTTP_STAMPS}test_a_stamp_that_aws_took_and_does_not_show_is_an_error_to_retry",
    ),
    rule(
        "a snapshot deleted while it was stamped is told",
        at=(f"{ACTIONS}stamp.py", "_write"),
        guard="after is None",
        becomes="False",
        test=f"{_HTTP_STAMPS}test_a_snapshot_deleted_while_it_was_stamped_is_told",
        dies_by=("AttributeError",),
    ),
    *(
        rule(
            f"adopt never takes {name}",
            says="Refused, each with its reason: automated ones, of another cluster",
            at=_REFUSAL,
            guard=guard,
            becomes="False",
            test=f"{_ADOPTIONS}{test}",
            dies_by=("TypeError",),
        )
        for name, guard, test in (
            (
                "an automated snapshot",
                "snapshot.snapshot_type != 'manual'",
                "test_adopt_never_takes_an_automated_snapshot",
            ),
            (
                "a snapshot of another cluster",
                "snapshot.cluster_identifier != chain.cluster_identifier",
                "test_adopt_never_takes_a_snapshot_of_another_cluster",
            ),
            (
                "what AWS Backup manages",
                "if _is_of_aws_backup(snapshot)",
                "test_adopt_never_takes_what_aws_backup_manages",
            ),
            (
                "a foreign tool's snapshot",
                "if manager is not None",
                "test_adopt_never_takes_a_foreign_tools_snapshot",
            ),
            (
                "a snapshot that is not available",
                "if snapshot.status != AVAILABLE",
                "test_adopt_never_takes_a_snapshot_that_is_not_available",
            ),
        )
    ),
    rule(
        "a refusal stops an adoption",
        at=(_ADOPTION, "_decide"),
        guard="if why is not None",
        becomes="False",
        test=f"{_ADOPTIONS}test_adopt_never_takes_a_foreign_tools_snapshot",
    ),
    rule(
        "ours already is not adopted again",
        at=(_ADOPTION, "_decide"),
        guard="chain.owns(snapshot)",
        becomes="False",
        test=f"{_HTTP_ADOPTIONS}test_the_same_adoption_again_makes_no_changing_call",
    ),
    rule(
        "adopt never goes over AWS's tags",
        at=(_ADOPTABLE, "too_many_tags"),
        guard="total <= TAGS_PER_SNAPSHOT",
        becomes="True",
        test=f"{_ADOPTIONS}test_adopt_never_goes_over_the_tags_that_aws_allows",
    ),
    rule(
        "an interrupted promotion never makes old data look fresh",
        says="those whose data would look younger than it is",
        at=(_ADOPTABLE, "_doubtful_data_time"),
        guard="not _tells_data_time(snapshot) and snapshot.create_time - slot >= window",
        becomes="False",
        test=f"{_ADOPTIONS}test_an_interrupted_promotion_never_makes_old_data_look_fresh",
    ),
    rule(
        "a promotion that does not tell the instant of its data is not adopted",
        says="those whose data would look younger than it is",
        at=(_ADOPTABLE, "_tells_data_time"),
        guard='parse_instant(snapshot.tags.get(SOURCE_CREATE_TIME, "")) is not None',
        becomes="True",
        test=f"{_ADOPTIONS}test_a_promotion_that_does_not_tell_the_instant_of_its_data_is_not_"
        "adopted",
    ),
    rule(
        "a promotion under another prefix never loses its age",
        says="those whose data would look younger than it is",
        at=(_ADOPTABLE, "_doubtful_data_time"),
        guard="snapshot.tags.get(ORIGIN) == 'promoted'",
        becomes="False",
        test=f"{_ADOPTIONS}test_a_promotion_under_another_prefix_never_loses_its_age",
    ),
    rule(
        "how an adopted snapshot came to be is not written anew",
        says="a promoted snapshot stays promoted, with the instant of its data",
        at=(_ADOPTABLE, "adopted_tags"),
        guard="ORIGIN in snapshot.tags and _named_slot(snapshot, chain) is not None",
        becomes="False",
        test=f"{_ADOPTIONS}test_what_a_half_tagged_promotion_says_truly_is_kept",
    ),
    rule(
        "unknown snapshots are named and nothing is adopted",
        says="One that does not exist is a fault, and nothing is changed",
        at=(f"{ACTIONS}adopt.py", "_candidates"),
        guard="if unknown",
        becomes="False",
        test=f"{_HTTP_ADOPTIONS}test_unknown_snapshots_are_named_and_nothing_is_changed",
        dies_by=("KeyError",),
    ),
    rule(
        "a pattern to adopt by is of the whole identifier",
        says="is compared with the whole identifier",
        at=(f"{ACTIONS}adopt.py", "_candidates"),
        guard="fnmatchcase(one.identifier, pattern)",
        becomes="fnmatchcase(one.identifier, pattern + '*')",
        test=f"{_HTTP_ADOPTIONS}test_a_pattern_is_of_the_whole_identifier",
    ),
    rule(
        "an adoption that failed in part raises",
        at=(f"{ACTIONS}adopt.py", "_apply"),
        guard="if errors",
        becomes="False",
        test=f"{_HTTP_ADOPTIONS}test_one_that_fails_costs_no_other_its_adoption",
    ),
    rule(
        "the one error of an adoption is raised as it is",
        at=(f"{ACTIONS}adopt.py", "_apply"),
        guard="errors and len(adoptions) == 1",
        becomes="False",
        test=f"{_HTTP_ADOPTIONS}test_the_only_one_that_fails_is_told_as_it_is",
        dies_by=("PartialFailureError",),
    ),
    rule(
        "tags that AWS does not show are a failure",
        at=(f"{ACTIONS}adopt.py", "_apply"),
        guard="errors |= _not_adopted(invocation, [name for name in tried if name not in errors])",
        becomes="pass",
        test=f"{_HTTP_ADOPTIONS}test_tags_that_aws_took_and_does_not_show_are_a_failure",
    ),
    rule(
        "an adoption stops when its time is up",
        at=(f"{ACTIONS}adopt.py", "_apply"),
        guard="invocation.budget.remaining_seconds() <= 0",
        becomes="False",
        test=f"{_HTTP_ADOPTIONS}test_adopt_stops_when_its_time_is_up_and_says_what_is_left",
    ),
    rule(
        "a pattern that matches too many is refused",
        says="One that does not exist is a fault, and nothing is changed",
        at=(f"{ACTIONS}adopt.py", "_candidates"),
        guard="len(matching) > _MOST_MATCHES",
        becomes="False",
        test=f"{_HTTP_ADOPTIONS}test_a_pattern_that_matches_more_than_an_answer_holds_is_refused",
    ),
    rule(
        "a hold of the same reason changes nothing",
        says="The same reason again changes nothing",
        at=(_HOLDING, "needs_hold"),
        guard="present is None",
        becomes="True",
        test=f"{_HOLDS}test_the_same_hold_again_makes_no_changing_call",
        dies_by=("AwsError",),
    ),
    rule(
        "a release that AWS does not show is an error",
        says="Both look again after the change and answer by what is there",
        at=(_HOLDING, "check_released"),
        guard="present == reason",
        becomes="False",
        test=f"{_HOLDS}test_a_release_that_somebody_undid_is_told",
        dies_by=("HeldError",),
    ),
    rule(
        "a release goes by what events left behind",
        says="or the longer one that events left behind",
        at=("lambda/redshift_backup/foresight.py", "foresee"),
        guard="recalled_policy(after, chain, policy)",
        becomes="policy",
        test=(
            f"{_HOLDS}test_a_release_goes_by_the_retention_that_events_left_behind",
            f"{_ADOPTIONS}test_the_plan_goes_by_the_retention_that_events_left_behind",
        ),
    ),
    rule(
        "what only today holds back is told as a deletion",
        says="a deletion that only a stale chain or the limit holds back is told as a deletion",
        at=("lambda/redshift_backup/foresight.py", "Foresight.reason"),
        guard="row.verdict is not Verdict.DELETE or self.refusal is None",
        becomes="True",
        test=f"{_ADOPTIONS}test_a_deletion_that_only_today_holds_back_is_told_as_one",
    ),
    *(
        rule(
            f"a snapshot that goes while it is released is told: {inside}",
            says="Both look again after the change and answer by what is there",
            at=(f"{ACTIONS}release.py", inside),
            guard=guard,
            becomes="False",
            test=f"{OVER_HTTP}test_safety_rules_over_http.py::"
            "test_a_snapshot_that_goes_while_it_is_released_is_told",
            dies_by=("AttributeError",),
        )
        for inside, guard in (("_foresee_prune", "row is None"), ("_release", "after is None"))
    ),
)
