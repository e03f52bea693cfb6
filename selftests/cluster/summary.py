# SPDX-License-Identifier: Apache-2.0
"""summary.py FOLDER KIND SECONDS: FOLDER/KIND/report.json as text, and beside the other kinds' last runs.

Keeps FOLDER/KIND/summary.txt: the last result of each spec: state, seconds, name, why it failed. Exits 1 when a spec
failed or none ran.
"""
import json
import os
import sys


def read_report(path):
    """ginkgo's JSON; its JUnit report puts labels into the names."""
    specs = {}
    with open(path, encoding="utf-8") as f:
        reports = json.load(f)
    for spec in (s for r in reports for s in r.get("SpecReports") or []):
        if spec["LeafNodeType"] != "It" or spec["State"] in ("skipped", "pending"):
            continue
        name = " ".join((spec.get("ContainerHierarchyTexts") or []) + [spec["LeafNodeText"]])
        why = (spec.get("Failure") or {}).get("Message", "").strip().replace("\n", " ").replace("\t", " ")
        specs[name] = ("passed" if spec["State"] == "passed" else "failed", spec["RunTime"] / 1e9, why[:400])
    return specs


def read_summary(path):
    specs = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            part = line.rstrip("\n").split("\t")
            if len(part) >= 3 and part[0] in ("passed", "failed"):
                why = part[3].removeprefix("<- ") if len(part) > 3 else ""
                specs[part[2]] = (part[0], float(part[1]), why)
    return specs


def write_summary(path, specs):
    with open(path, "w", encoding="utf-8") as f:
        for name, (state, seconds, why) in sorted(specs.items(), key=lambda i: (i[1][0] == "failed", i[0])):
            f.write(f"{state}\t{seconds:.0f}\t{name}" + (f"\t<- {why}" if why else "") + "\n")


def main():
    folder, kind, took = sys.argv[1], sys.argv[2], int(sys.argv[3])
    mine = read_report(os.path.join(folder, kind, "report.json"))
    # A run of some specs leaves what is known of the others.
    summary = os.path.join(folder, kind, "summary.txt")
    write_summary(summary, {**(read_summary(summary) if os.path.exists(summary) else {}), **mine})
    failed = {n for n, s in mine.items() if s[0] == "failed"}
    for name in sorted(failed):
        print(f"  FAILED   {name}\n           {mine[name][2]}")
    print(f"\n  {'node':28} {'specs':>6} {'passed':>7} {'failed':>7} {'sum of seconds':>15}")
    for other in sorted(os.listdir(folder)):
        path = os.path.join(folder, other, "summary.txt")
        if not os.path.exists(path):
            continue
        # Of the others what was run here too, so that the columns compare.
        specs = {n: s for n, s in read_summary(path).items() if n in mine}
        if not specs:
            continue
        bad = {n for n, s in specs.items() if s[0] == "failed"}
        print(f"  {other:28} {len(specs):6} {len(specs) - len(bad):7} {len(bad):7} {sum(s[1] for s in specs.values()):15.0f}")
        for name in sorted(failed - bad if other != kind else []):
            if name in specs:
                print(f"    only {other} passes: {name}")
        for name in sorted(bad - failed):
            print(f"    only {kind} passes: {name}")
    print(f"\n{len(mine) - len(failed)} passed, {len(failed)} failed, in {took // 60} min {took % 60} s")
    return 1 if failed or not mine else 0


sys.exit(main())
