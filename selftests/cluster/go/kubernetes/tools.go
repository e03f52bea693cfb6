// SPDX-License-Identifier: Apache-2.0

//go:build tools

// Package tools names what is built as a test, so that go mod tidy keeps its dependencies.
package tools

import _ "k8s.io/kubernetes/test/e2e"
