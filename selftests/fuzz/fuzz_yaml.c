// SPDX-License-Identifier: Apache-2.0
/* Any bytes as YAML; what parses stays within the limits. */
#include "selftests/fuzz/fuzz_nodes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_nodes(kn_yaml_parse, data, size);
	return 0;
}
