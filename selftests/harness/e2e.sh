# SPDX-License-Identifier: Apache-2.0
# For selftests/e2e/*.sh, to be sourced: a node in a network namespace of its own, `ok NAME` / `not ok NAME: why` lines,
# and taking it all down whatever happens. A test's last line is e2e_end.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/node.sh"
e2e_failed=0

ok() { echo "ok $1"; }
not_ok() { # NAME WHY
	e2e_failed=1
	echo "not ok $1: $2"
}
check() { # NAME COMMAND...: one test
	local name=$1
	shift
	if "$@"; then ok "$name"; else not_ok "$name" "${WHY:-$*}"; fi
	WHY=
}
pod_becomes() { # NAME SECONDS POD JQ-CONDITION: one test, what was seen is the reason
	if kn_until "$2" kn_pod_is "$3" "$4"; then
		ok "$1"
	else
		not_ok "$1" "after $2 s: $(kn_pod "$3" '{phase,reason,message,ready,restarts,containers:[.containers[]|{name,state,reason,message,exitCode}]}' |
			tr -d '\n ' | cut -c1-400)"
	fi
}
same() { # NAME GOT WANT
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', want '$3'"; fi
}
log_of() { # POD CONTAINER: what it printed, from all its CRI log files
	cat "$LOGS"/*_"$1"_*/"$2"/*.log "$LOGS"/*_"$1-$NAME"_*/"$2"/*.log 2>/dev/null | cut -d' ' -f4-
}
manifest() { # FILE < yaml; as editors do: written beside, renamed into place
	cat >"$N/.new" && mv "$N/.new" "$MANIFESTS/$1"
}
container_ids() { kn_ctr "$N" tasks ls -q 2>/dev/null | sort; }

e2e_stop() {
	trap '' INT TERM
	kn_node_stop 20
	left=$(kn_leftovers)
	if [ -n "$left" ]; then not_ok "nothing left behind" "$(echo "$left" | tr '\n' ';')"; else ok "nothing left behind"; fi
	[ "$e2e_failed" = 0 ] || tail -n 40 "$KLOG" | cut -c1-260 | sed 's/^/  kernlet: /'
	cp "$KLOG" "$BUILD/test-logs/e2e/$(basename "$0" .sh).kernlet.log" 2>/dev/null
	kn_node_gone
}
e2e_begin() {
	if [ "$(id -u)" != 0 ]; then echo "skip $(basename "$0"): must be root"; exit 0; fi
	for p in containerd runc umoci jq gcc ip; do
		command -v $p >/dev/null || { echo "skip $(basename "$0"): no $p"; exit 0; }
	done
	kn_node_init "/var/tmp/kn-e2e.$$" "kn-e2e-$$" "kn-e2e-$$" || exit 1
	trap e2e_stop EXIT
	trap 'exit 143' INT TERM HUP
	[ "${1:-}" = only-init ] && return
	kn_node_start || { not_ok "node starts" "see above"; exit 1; }
	ok "node starts"
}
e2e_end() {
	trap - EXIT
	e2e_stop
	exit $e2e_failed
}
