#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# run.sh SECONDS BUILD_DIR [TARGET...]: runs each fuzzer for that long, from its seed corpus and with
# its dictionary, as many at a time as HVKIT_JOBS says (1). What one finds stays in BUILD_DIR/findings;
# the command to repeat it is printed. HVKIT_FUZZ_SEED is the seed of its random numbers; without it
# each run has another.
set -u
source=$(dirname "$0")

# run TARGET: one fuzzer; its verdict goes to TARGET.verdict.
run() {
    target=$1 binary=$build/fuzz_$1
    mkdir -p "$build/corpus/$target" "$build/findings/$target"
    set_dict=
    [ -f "$source/$target.dict" ] && set_dict=-dict=$source/$target.dict
    seeds=
    [ -d "$source/corpus/$target" ] && seeds=$source/corpus/$target
    # shellcheck disable=SC2086 # absent options are to vanish
    if "$binary" -seed="${HVKIT_FUZZ_SEED:-0}" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 \
        -artifact_prefix="$build/findings/$target/" $set_dict "$build/corpus/$target" $seeds \
        > "$build/$target.log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log")
        printf 'pass  %-16s %s runs\n' "$target" "$runs"
    else
        printf 'FAIL  %-16s %s\n' "$target" "$build/$target.log"
        tail -n 40 "$build/$target.log"
        echo "to repeat: $binary $build/findings/$target/FILE"
    fi > "$build/$target.verdict"
    cat "$build/$target.verdict"
}

if [ "$1" = --one ]; then
    seconds=$2 build=$3
    run "$4"
    exit 0
fi
seconds=$1 build=$2
shift 2
[ $# -gt 0 ] || for binary in "$build"/fuzz_*; do
    [ -x "$binary" ] && set -- "$@" "${binary##*/fuzz_}"
done
[ $# -gt 0 ] || {
    echo "hvkit: error: no fuzzer in $build; build them: cmake --preset fuzz && cmake --build --preset fuzz" >&2
    exit 2
}
for target; do
    [ -x "$build/fuzz_$target" ] || {
        echo "hvkit: error: no fuzzer named '$target'; there are: $(cd "$build" && echo fuzz_*)" >&2
        exit 2
    }
    rm -f "$build/$target.verdict"
done
printf '%s\n' "$@" | xargs -n 1 -P "${HVKIT_JOBS:-1}" sh "$0" --one "$seconds" "$build"
passed=0
for target; do
    case $(cat "$build/$target.verdict" 2> /dev/null) in
        pass*) passed=$((passed + 1)) ;;
    esac
done
echo "$passed passed, $(($# - passed)) failed"
[ "$passed" -eq $# ]
