# SPDX-License-Identifier: Apache-2.0
# What ginkgo -v prints, one line for each spec: how many of how many, state, seconds, name.
/^Will run [0-9]+ of/ { total = $3 }
/^(•|S) ?\[/ {
	state = /FAILED|PANICKED|TIMEDOUT|INTERRUPTED|ABORTED/ ? "FAILED" : /SKIPPED/ ? "skipped" : "passed"
	seconds = "0"
	if (match($0, /\[[0-9.]+ seconds\]/)) seconds = substr($0, RSTART + 1, RLENGTH - 10)
	wait = 1
	next
}
wait && /^\[sig-/ {
	sub(/ *\[(It|FAILED)\] */, " ")
	sub(/ \[[^]]*\]$/, "") # labels
	if (state != "skipped") printf "  %d/%s %s %.0f s %s\n", ++done, total, state, seconds, $0
	fflush()
	wait = 0
}
