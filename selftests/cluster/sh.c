/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /bin/sh of the suite's busybox image. The suite looks for variables such as `data-1` in what `sh -c env`
 * prints; Debian's ash forgets those that a shell couldn't name. Everything else is left to ash.
 */
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char *env[] = {"env", NULL};

	execv("/bin/busybox", argc == 3 && !strcmp(argv[1], "-c") && !strcmp(argv[2], "env") ? env : argv);
	return 127;
}
