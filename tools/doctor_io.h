/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KN_TOOLS_DOCTOR_IO_H
#define KN_TOOLS_DOCTOR_IO_H

#include <stdbool.h>
#include <stddef.h>

bool kc_socket_answers(const char *path); /* a connect() to the unix socket goes through */
/* The first line that a program (looked up in PATH, no shell) writes within 3 s; "" when it can't be had. */
void kc_first_line(char *const argv[], char *line, size_t size);

#endif
