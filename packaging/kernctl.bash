# SPDX-License-Identifier: Apache-2.0
# Bash completion for kernctl.
_kernctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} word words
	case $prev in
	-o | --output) words="json table wide" ;;
	--socket) mapfile -t COMPREPLY < <(compgen -f -- "$cur") && return ;;
	--runtime-endpoint) words="unix:///run/containerd/containerd.sock" ;;
	svc) words="list get" ;;
	get) words=$(kernctl svc list 2>/dev/null | awk 'NR > 1 { print $1 "/" $2 }' | sort -u) ;;
	pods) words=$(kernctl pods 2>/dev/null | awk 'NR > 1 { print $1 "/" $2 }') ;;
	*)
		words="status pods svc doctor version"
		for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
			case $word in status | pods | svc | doctor | version) words="" ;; esac
		done
		words="$words -o --socket --runtime-endpoint --help"
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _kernctl kernctl
