// SPDX-License-Identifier: Apache-2.0
/* kernctl: looks at a node from beside it. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "tools/kernctl.h"

static const char help[] =
	"kernctl: what kernlet does on this node\n"
	"\n"
	"  kernctl status            the daemon, its runtime and its maps\n"
	"  kernctl pods [NS/[NAME]]  pods, as kubectl prints them\n"
	"  kernctl svc list          Services as the kernel has them\n"
	"  kernctl svc get NS/NAME   one Service with its backends\n"
	"  kernctl doctor            whether this machine has what a node needs\n"
	"  kernctl version\n"
	"\n"
	"  -o json|table|wide        (table)\n"
	"  --socket PATH             the daemon's socket (/run/kernlet/kernlet.sock)\n"
	"  --runtime-endpoint URL    doctor: unix:///run/containerd/containerd.sock\n"
	"  -h, --help\n"
	"\n"
	"Exit codes: 0 good, 1 a problem or nothing found, 2 usage, 3 daemon not reachable.\n"
	"NO_COLOR is respected.\n";

static const struct {
	const char *name;
	int (*run)(struct kc *c, int argc, char **argv);
} commands[] = {{"status", kc_status}, {"pods", kc_pods}, {"svc", kc_svc}, {"doctor", kc_doctor}};

static int flush(struct kc *c, int code)
{
	bool bad = c->out.len && fwrite(c->out.data, 1, c->out.len, stdout) != c->out.len;

	if (fflush(stdout) || bad) {
		perror("kernctl: stdout");
		code = KC_PROBLEM;
	}
	kn_buf_free(&c->out);
	return code;
}

static int set_output(struct kc *c, const char *name)
{
	static const char *const names[] = {[KC_TABLE] = "table", [KC_WIDE] = "wide", [KC_JSON] = "json"};

	for (size_t i = 0; i < KN_ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i])) {
			c->output = (enum kc_output)i;
			return 0;
		}
	}
	return kc_usage("-o %s: must be json, table or wide", name);
}

/* Options may stand before and behind the subcommand. -1: go on; else the exit code. */
static int parse_options(struct kc *c, int argc, char **argv)
{
	static const struct option longs[] = {{"output", required_argument, NULL, 'o'},
					      {"socket", required_argument, NULL, 's'},
					      {"runtime-endpoint", required_argument, NULL, 'r'},
					      {"help", no_argument, NULL, 'h'},
					      {"version", no_argument, NULL, 'V'},
					      {0}};
	int opt;

	while ((opt = getopt_long(argc, argv, "o:h", longs, NULL)) != -1) {
		switch (opt) {
		case 'o':
			if (set_output(c, optarg))
				return KC_USAGE;
			break;
		case 's':
			c->socket = optarg;
			break;
		case 'r':
			c->runtime_endpoint = optarg;
			break;
		case 'h':
			kn_buf_adds(&c->out, help);
			return KC_GOOD;
		case 'V':
			kn_buf_adds(&c->out, "kernctl " KN_VERSION "\n");
			return KC_GOOD;
		default:
			fputs("Try 'kernctl -h'.\n", stderr);
			return KC_USAGE;
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	const char *no_color = getenv("NO_COLOR");
	struct kc c = {.socket = "/run/kernlet/kernlet.sock",
		       .runtime_endpoint = "unix:///run/containerd/containerd.sock",
		       .color = isatty(STDOUT_FILENO) && !(no_color && *no_color)};
	int r = parse_options(&c, argc, argv);

	if (r >= 0)
		return flush(&c, r);
	if (optind >= argc)
		return kc_usage("which command?");
	if (!strcmp(argv[optind], "version")) {
		kn_buf_adds(&c.out, "kernctl " KN_VERSION "\n");
		return flush(&c, KC_GOOD);
	}
	for (size_t i = 0; i < KN_ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[optind], commands[i].name))
			return flush(&c, commands[i].run(&c, argc - optind, argv + optind));
	return kc_usage("%s: no such command", argv[optind]);
}
