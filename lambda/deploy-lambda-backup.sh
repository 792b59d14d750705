#!/usr/bin/env bash
# Deploys the backup into an account: build, upload, CloudFormation, check. See usage below.
set -euo pipefail

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
ROOT="$(dirname "$HERE")"

usage() {
    cat <<'TEXT'
deploy-lambda-backup.sh [deploy|rollback|delete] [--account source|dr] [options] [parameters]

  deploy      build, upload, deploy, invoke check (the default); safe to run twice
  rollback    point the alias live to the version before
  delete      delete the stack, and say what stays

  --account source|dr     which stack: aca-lambda-backup (default) or aca-redshift-dr
  --profile NAME          AWS profile (default: AWS_PROFILE, else source or target)
  --region NAME           AWS region (default: AWS_REGION, AWS_DEFAULT_REGION, else us-east-1)
  --bucket NAME           existing bucket for the code (default: one of the account's own, which
                          is made if it is missing)
  --code FILE             a zip that lambda/build_zip.py has built (default: built anew)
  --skip-check            do not invoke check after the deployment
  --dry-run               show what would change, and change nothing
  --help                  this text, and the parameters of the stack

Parameters not given keep the value that the stack has, or take their default:
TEXT
}

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 2
}

say() {
    printf '%s\n' "$*"
}

find_python() {
    if [[ -n "${PYTHON:-}" ]]; then
        printf '%s' "$PYTHON"
    elif [[ -x "$ROOT/.venv/bin/python" ]]; then
        printf '%s' "$ROOT/.venv/bin/python"
    else
        printf 'python3'
    fi
}

find_aws() {
    if command -v aws >/dev/null; then
        printf 'aws'
    elif [[ -x "$ROOT/.venv/bin/aws" ]]; then
        printf '%s' "$ROOT/.venv/bin/aws"
    else
        fail "the AWS command line is not installed: aws is not on the PATH"
    fi
}

aws_call() {
    AWS_PAGER="" "$AWS" --region "$REGION" "${PROFILE_ARGUMENTS[@]+"${PROFILE_ARGUMENTS[@]}"}" "$@"
}

read_arguments() {
    COMMAND=deploy ACCOUNT=source PROFILE="" BUCKET="" CODE="" DRY_RUN=no SKIP_CHECK=no HELP=no
    REGION="${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}"
    PARAMETERS=()
    case "${1:-}" in
        deploy | rollback | delete)
            COMMAND="$1"
            shift
            ;;
    esac
    while (($#)); do
        local flag="$1" value=""
        shift
        case "$flag" in
            --dry-run)
                DRY_RUN=yes
                continue
                ;;
            --skip-check)
                SKIP_CHECK=yes
                continue
                ;;
            -h | --help)
                HELP=yes
                continue
                ;;
            --account=* | --profile=* | --region=* | --bucket=* | --code=*)
                value="${flag#*=}"
                flag="${flag%%=*}"
                ;;
            --account | --profile | --region | --bucket | --code)
                (($#)) || fail "$flag needs a value"
                value="$1"
                shift
                ;;
            *)
                PARAMETERS+=("$flag")
                continue
                ;;
        esac
        [[ -n "$value" ]] || fail "$flag needs a value"
        case "$flag" in
            --account) ACCOUNT="$value" ;;
            --profile) PROFILE="$value" ;;
            --region) REGION="$value" ;;
            --bucket) BUCKET="$value" ;;
            --code) CODE="$value" ;;
        esac
    done
}

choose_stack() {
    local default_profile
    case "$ACCOUNT" in
        source)
            STACK=aca-lambda-backup FUNCTION=aca-redshift-backup default_profile="source"
            TEMPLATE="$HERE/cloudformation/aca-lambda-backup-setup.yaml"
            ;;
        dr)
            STACK=aca-redshift-dr FUNCTION=aca-redshift-dr default_profile=target
            TEMPLATE="$HERE/cloudformation/aca-redshift-dr-setup.yaml"
            ;;
        *) fail "--account is '$ACCOUNT'; it is source or dr" ;;
    esac
    if [[ -z "$PROFILE" && -z "${AWS_PROFILE:-}" && -z "${AWS_ACCESS_KEY_ID:-}" ]]; then
        PROFILE="$default_profile"
    fi
    PROFILE_ARGUMENTS=()
    if [[ -n "$PROFILE" ]]; then
        PROFILE_ARGUMENTS=(--profile "$PROFILE")
    fi
}

no_parameters() {
    if ((${#PARAMETERS[@]})); then
        fail "$COMMAND takes no parameters; it was given ${PARAMETERS[*]}"
    fi
}

helper() {
    "$PYTHON" "$HERE/deploy/stack_parameters.py" --template "$TEMPLATE" "$@"
}

find_own_account() {
    OWN_ACCOUNT="$(aws_call sts get-caller-identity --query Account --output text)" ||
        fail "AWS does not know who this is${PROFILE:+ (profile $PROFILE)}; log in, or choose a --profile"
}

stack_status() {
    local answer
    if answer="$(aws_call cloudformation describe-stacks --stack-name "$STACK" \
        --query 'Stacks[0].StackStatus' --output text 2>&1)"; then
        printf '%s' "$answer"
    elif [[ "$answer" == *"does not exist"* ]]; then
        printf 'NONE'
    else
        printf '%s\n' "$answer" >&2
        return 1
    fi
}

output_of() {
    aws_call cloudformation describe-stacks --stack-name "$STACK" --output text \
        --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"
}

live_version() {
    aws_call lambda get-alias --function-name "$FUNCTION" --name live \
        --query FunctionVersion --output text
}

pause() {
    # Short at first, since little may have changed.
    case "$1" in
        0 | 1 | 2 | 3) sleep 0.2 ;;
        ?) sleep 1 ;;
        *) sleep 5 ;;
    esac
}

wait_for_stack() {
    local turn=0 status
    while :; do
        status="$(stack_status)"
        [[ "$status" == *_IN_PROGRESS ]] || break
        pause "$turn"
        turn=$((turn + 1))
    done
    STATUS="$status"
}

show_failures() {
    aws_call cloudformation describe-stack-events --stack-name "$1" --output text \
        --query "StackEvents[?ends_with(ResourceStatus, 'FAILED')].[LogicalResourceId,ResourceStatusReason]" \
        >&2 || true
}

check_parameters() {
    : >"$WORK/current.json"
    if [[ "$STATUS" != NONE && "$STATUS" != REVIEW_IN_PROGRESS && "$STATUS" != ROLLBACK_COMPLETE ]]; then
        aws_call cloudformation describe-stacks --stack-name "$STACK" --output json \
            --query 'Stacks[0].Parameters' >"$WORK/current.json"
    fi
    helper --own-account "$OWN_ACCOUNT" --current "$WORK/current.json" "$@" \
        -- "${PARAMETERS[@]+"${PARAMETERS[@]}"}"
}

build_code() {
    if [[ -n "$CODE" ]]; then
        [[ -f "$CODE" ]] || fail "--code is $CODE, and there is no such file"
        KEY="$FUNCTION/$(digest_of "$CODE").zip"
        return
    fi
    # A place of its own: somebody else may build at the same time.
    CODE="$WORK/aca-redshift-backup.zip"
    local interpreter=()
    # Bytecode of the function's own Python makes it start faster.
    if command -v python3.13 >/dev/null && python3.13 -c '' 2>/dev/null; then
        interpreter=(--interpreter python3.13)
    fi
    local built digest
    built="$("$PYTHON" "$HERE/build_zip.py" --output "$CODE" "${interpreter[@]+"${interpreter[@]}"}")"
    digest="${built##* }"
    say "built the code, sha256 $digest"
    KEY="$FUNCTION/$digest.zip"
}

digest_of() {
    "$PYTHON" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
}

make_bucket() {
    if aws_call s3api head-bucket --bucket "$BUCKET" >/dev/null 2>&1; then
        return
    fi
    if [[ -n "$BUCKET_IS_GIVEN" ]]; then
        fail "bucket $BUCKET does not exist, or is not ours; make it, or leave --bucket out"
    fi
    say "making bucket $BUCKET for the code"
    local place=()
    if [[ "$REGION" != us-east-1 ]]; then
        place=(--create-bucket-configuration "LocationConstraint=$REGION")
    fi
    aws_call s3api create-bucket --bucket "$BUCKET" "${place[@]+"${place[@]}"}" >/dev/null
    aws_call s3api put-public-access-block --bucket "$BUCKET" --public-access-block-configuration \
        BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
    aws_call s3api put-bucket-versioning --bucket "$BUCKET" \
        --versioning-configuration Status=Enabled
}

upload_code() {
    if aws_call s3api head-object --bucket "$BUCKET" --key "$KEY" >/dev/null 2>&1; then
        return
    fi
    say "uploading s3://$BUCKET/$KEY"
    aws_call s3 cp --only-show-errors "$CODE" "s3://$BUCKET/$KEY"
}

make_change_set() {
    local kind=UPDATE
    if [[ "$STATUS" == NONE || "$STATUS" == REVIEW_IN_PROGRESS ]]; then
        kind=CREATE
    fi
    CHANGE_SET="deploy-$(date -u +%Y%m%d-%H%M%S)-$$"
    aws_call cloudformation create-change-set --stack-name "$STACK" \
        --change-set-name "$CHANGE_SET" --change-set-type "$kind" \
        --template-body "file://$WORK/template.yaml" \
        --parameters "file://$WORK/parameters.json" \
        --capabilities CAPABILITY_NAMED_IAM >/dev/null
    local turn=0 answer
    while :; do
        answer="$(aws_call cloudformation describe-change-set --stack-name "$STACK" \
            --change-set-name "$CHANGE_SET" --query '[Status,StatusReason]' --output text)"
        case "$answer" in
            CREATE_COMPLETE*) HAS_CHANGES=yes && return ;;
            FAILED*"didn't contain changes"* | FAILED*"No updates are to be performed"*)
                HAS_CHANGES=no
                drop_change_set
                return
                ;;
            FAILED*)
                drop_change_set
                fail "CloudFormation refuses the change: ${answer#FAILED}"
                ;;
        esac
        pause "$turn"
        turn=$((turn + 1))
    done
}

drop_change_set() {
    aws_call cloudformation delete-change-set --stack-name "$STACK" \
        --change-set-name "$CHANGE_SET" >/dev/null
    # A change set for a new stack leaves an empty one behind.
    if [[ "$(stack_status)" == REVIEW_IN_PROGRESS ]]; then
        aws_call cloudformation delete-stack --stack-name "$STACK"
    fi
}

show_change_set() {
    say "changes of $STACK in account $OWN_ACCOUNT, $REGION:"
    aws_call cloudformation describe-change-set --stack-name "$STACK" \
        --change-set-name "$CHANGE_SET" --output text \
        --query 'Changes[].ResourceChange.[Action,LogicalResourceId,ResourceType,Replacement]'
}

execute_change_set() {
    aws_call cloudformation execute-change-set --stack-name "$STACK" \
        --change-set-name "$CHANGE_SET" >/dev/null
    wait_for_stack
    case "$STATUS" in
        CREATE_COMPLETE | UPDATE_COMPLETE) say "$STACK: $STATUS" ;;
        *)
            show_failures "$STACK"
            fail "$STACK is $STATUS: CloudFormation took the changes back; the reasons are above"
            ;;
    esac
}

remove_failed_creation() {
    # AWS lets nothing else be done with a stack whose creation failed; it holds no resources.
    if [[ "$STATUS" != ROLLBACK_COMPLETE ]]; then
        return
    fi
    say "removing what is left of a creation of $STACK that failed"
    aws_call cloudformation delete-stack --stack-name "$STACK"
    wait_for_stack
}

point_alias_to_deployed() {
    local deployed live
    deployed="$(output_of LiveVersion)"
    live="$(live_version)"
    # After a rollback the stack still believes in its own version, and so does this command.
    if [[ "$live" != "$deployed" ]]; then
        say "alias live: version $live was rolled back to; now version $deployed again"
        aws_call lambda update-alias --function-name "$FUNCTION" --name live \
            --function-version "$deployed" >/dev/null
    fi
}

invoke_check() {
    printf '{"action": "check"}' >"$WORK/check.json"
    say "check by $FUNCTION:live"
    # The payload as a file: the two versions of the command line read text differently.
    if aws_call lambda invoke --function-name "$FUNCTION" --qualifier live \
        --cli-read-timeout 930 --payload "fileb://$WORK/check.json" "$WORK/checked.json" >/dev/null; then
        "$PYTHON" "$HERE/deploy/show_check.py" "$WORK/checked.json"
    else
        say "  the function could not be invoked; the deployment stands"
    fi
}

show_next_step() {
    say ""
    say "deployed $STACK: function $FUNCTION, alias live, version $(live_version)"
    aws_call cloudformation describe-stacks --stack-name "$STACK" --output json \
        --query 'Stacks[0].Outputs' >"$WORK/outputs.json"
    "$PYTHON" "$HERE/deploy/show_connections.py" "$ACCOUNT" "$REGION" "$WORK/outputs.json"
    say ""
    if [[ "$ACCOUNT" == source ]]; then
        say "next, the first backup:"
        local format=""
        [[ "$("$AWS" --version 2>&1)" != aws-cli/2* ]] || format=" --cli-binary-format raw-in-base64-out"
        say "  aws lambda invoke --function-name $FUNCTION --qualifier live --invocation-type Event --payload '{\"action\": \"backup\"}'$format --region $REGION${PROFILE:+ --profile $PROFILE} output.json"
        say "and the other account: lambda/deploy-lambda-backup.sh --account dr --help"
    else
        say "next, the first restore test, in Airflow: unpause redshift_restore_validation__CLUSTER"
    fi
}

deploy() {
    STATUS="$(stack_status)"
    check_parameters
    if [[ "$STATUS" == *_IN_PROGRESS && "$STATUS" != REVIEW_IN_PROGRESS ]]; then
        fail "$STACK is $STATUS: somebody else deploys; wait until that is over"
    fi
    build_code
    BUCKET_IS_GIVEN="$BUCKET"
    BUCKET="${BUCKET:-$FUNCTION-code-$OWN_ACCOUNT-$REGION}"
    check_parameters --code "$CODE" --bucket "$BUCKET" --key "$KEY" --output "$WORK"
    if [[ "$DRY_RUN" == yes ]]; then
        [[ "$STATUS" != ROLLBACK_COMPLETE ]] || fail "$STACK is $STATUS; deploy removes it first"
        make_change_set
        if [[ "$HAS_CHANGES" == yes ]]; then
            show_change_set
            drop_change_set
        else
            say "$STACK: no changes"
        fi
        say "dry run: nothing was changed"
        return
    fi
    make_bucket
    upload_code
    remove_failed_creation
    make_change_set
    if [[ "$HAS_CHANGES" == yes ]]; then
        show_change_set
        execute_change_set
    else
        say "$STACK: no changes"
    fi
    point_alias_to_deployed
    [[ "$SKIP_CHECK" == yes ]] || invoke_check
    show_next_step
}

rollback() {
    no_parameters
    [[ "$(stack_status)" != NONE ]] || fail "there is no stack $STACK in account $OWN_ACCOUNT, $REGION"
    local live previous="" version
    live="$(live_version)"
    for version in $(aws_call lambda list-versions-by-function --function-name "$FUNCTION" \
        --query 'Versions[].Version' --output text); do
        if [[ "$version" != "\$LATEST" ]] && ((version < live)) && ((version > ${previous:-0})); then
            previous="$version"
        fi
    done
    [[ -n "$previous" ]] || fail "version $live of $FUNCTION is the oldest; there is none before it"
    if [[ "$DRY_RUN" == yes ]]; then
        say "alias live: version $live, would become version $previous"
        say "dry run: nothing was changed"
        return
    fi
    aws_call lambda update-alias --function-name "$FUNCTION" --name live \
        --function-version "$previous" >/dev/null
    say "alias live: version $live, now version $previous, with its code and settings"
    say "schedules, roles and alarms stay as deployed; the next deploy moves the alias forward again"
    invoke_check
}

delete() {
    no_parameters
    local status kept
    status="$(stack_status)"
    if [[ "$status" == NONE ]]; then
        say "there is no stack $STACK in account $OWN_ACCOUNT, $REGION: nothing to delete"
        return
    fi
    kept="$(aws_call redshift describe-cluster-snapshots --snapshot-type manual \
        --tag-keys redshift-backup:managed-by --query 'length(Snapshots)' --output text)"
    if [[ "$DRY_RUN" == no ]]; then
        local stack_id="$STACK"
        stack_id="$(aws_call cloudformation describe-stacks --stack-name "$STACK" \
            --query 'Stacks[0].StackId' --output text)"
        aws_call cloudformation delete-stack --stack-name "$STACK"
        wait_for_stack
        if [[ "$STATUS" != NONE ]]; then
            show_failures "$stack_id"
            fail "$STACK is $STATUS; the reasons are above"
        fi
        say "deleted $STACK"
    fi
    say "what stays:"
    say "  $kept snapshot(s) of ours, shared as they are; nobody prunes or shares them any more"
    say "  the bucket of the code, $FUNCTION-code-$OWN_ACCOUNT-$REGION, if the script made it"
    if [[ "$ACCOUNT" == source ]]; then
        say "  the cluster's key, if the stack made it: its snapshots need it"
    else
        say "  the bucket of the evidence, and the key: copies and evidence need it"
    fi
    if [[ "$DRY_RUN" == yes ]]; then
        say "dry run: nothing was changed"
    fi
}

main() {
    read_arguments "$@"
    choose_stack
    PYTHON="$(find_python)"
    if [[ "$HELP" == yes ]]; then
        usage
        helper --own-account none --list
        return
    fi
    AWS="$(find_aws)"
    WORK="$(mktemp -d)"
    trap 'rm -rf "$WORK"' EXIT
    find_own_account
    "$COMMAND"
}

main "$@"
