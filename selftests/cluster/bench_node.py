#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What bench.sh measures on a node of the test cluster, as a client of its API server and a reader of /proc.

  bench_node.py ready CLUSTER NODE PROGRAM            seconds from the program's start to the node's Ready
  bench_node.py measure CLUSTER NODE FILE PROGRAM...  all else, into FILE: {what: {unit, value, parts}}
  bench_node.py table OUT                             OUT/{kernlet,stock}.part -> a table and OUT/cluster.json

To be run in the node's network namespace. Times are those of one client that watches: what the API server reported, and when.
"""
import concurrent.futures
import http.client
import json
import os
import re
import ssl
import sys
import threading
import time

HOST = "10.88.0.1"
HZ = os.sysconf("SC_CLK_TCK")
PODS = int(os.environ.get("KN_BENCH_PODS", "50"))
REST = 30 if PODS >= 50 else 5
CRI_CALLS = {"run_podsandbox", "create_container", "start_container"}
ORDER = [  # the aim is the stock value times this at most
    ("process start to Node Ready", None), ("pod start, one at a time: bound to Running, p50", None),
    ("pod start, one at a time: bound to Running, p99", None), ("the CRI calls in it", None),
    ("all but the CRI calls", 1 / 3), ("all at once: bound to Running, p50", None),
    ("all at once: bound to Running, p99", None), ("all at once: created to all Running", None),
    ("CPU time a pod, all at once", None), ("requests to the API server a pod, to Running", None),
    ("requests to the API server a pod, to its end", None), ("RSS", None), ("PSS", 1 / 5), ("private memory", 1 / 5),
    ("anonymous memory", 1 / 5), ("threads", None), ("CPU at rest", 1 / 5)]


class Api:
    """The API server (port 6443) or the node's server (10250), as administrator."""

    def __init__(self, cluster, port=6443):
        pki = cluster + "/pki/"
        self.context = ssl.create_default_context(cafile=pki + "ca.crt")
        if port != 6443:  # its certificate is its own
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE
        self.context.load_cert_chain(pki + "admin.crt", pki + "admin.key")
        self.port = port
        self.local = threading.local()

    def connection(self):
        return http.client.HTTPSConnection(HOST, self.port, context=self.context, timeout=300)

    def call(self, method, path, body=None):
        c = getattr(self.local, "c", None)
        if not c:
            c = self.local.c = self.connection()
        c.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
        r = c.getresponse()
        data = r.read()
        if r.status >= 300:
            raise RuntimeError("%s %s: %d %s" % (method, path, r.status, data[:300].decode(errors="replace")))
        return data

    def watch(self, path):
        """Events as they come, each with the time at which its line was here."""
        version = json.loads(self.call("GET", path))["metadata"]["resourceVersion"]
        c = self.connection()
        c.request("GET", path + ("&" if "?" in path else "?") + "watch=1&resourceVersion=" + version)
        r = c.getresponse()
        while line := r.readline():
            yield time.clock_gettime(time.CLOCK_BOOTTIME), json.loads(line)


def proc_stat(pid):
    return open("/proc/%d/stat" % pid).read().rpartition(")")[2].split()


class Process:
    def __init__(self, cluster, name):
        self.name = name
        self.pid = int(open("%s/run/%s.pid" % (cluster, name)).read().split()[0])

    def memory(self):
        m = {}
        for line in open("/proc/%d/smaps_rollup" % self.pid):
            f = line.split()
            kind = {"Rss:": "RSS", "Pss:": "PSS", "Anonymous:": "anonymous memory", "Private_Clean:": "private memory",
                    "Private_Dirty:": "private memory"}.get(f[0])
            if kind:
                m[kind] = m.get(kind, 0) + int(f[1]) / 1024
        return m

    def cpu(self):
        f = proc_stat(self.pid)
        return (int(f[11]) + int(f[12])) / HZ

    def threads(self):
        return len(os.listdir("/proc/%d/task" % self.pid))


class Pods(threading.Thread):
    """When each pod of the namespace was bound, ran, was gone."""

    def __init__(self, api, kind):
        super().__init__(daemon=True)
        self.root = "/api/v1/namespaces/bench-" + kind
        api.call("POST", "/api/v1/namespaces",
                 {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bench-" + kind}})
        end = time.time() + 30
        while time.time() < end and not json.loads(api.call("GET", self.root + "/serviceaccounts"))["items"]:
            time.sleep(0.2)
        self.api, self.bound, self.ran, self.gone = api, {}, {}, set()
        self.changed = threading.Condition()
        self.start()
        time.sleep(1)

    def run(self):
        for at, e in self.api.watch(self.root + "/pods"):
            pod = e["object"]
            name = pod["metadata"]["name"]
            with self.changed:
                if pod["spec"].get("nodeName"):
                    self.bound.setdefault(name, at)
                if pod["status"].get("phase") == "Running":
                    self.ran.setdefault(name, at)
                if e["type"] == "DELETED":
                    self.gone.add(name)
                self.changed.notify_all()

    def create(self, name):
        self.api.call("POST", self.root + "/pods", {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {
                "terminationGracePeriodSeconds": 1, "tolerations": [{"operator": "Exists"}],
                "containers": [{"name": "c", "image": "localhost/kernlet-demo:1", "imagePullPolicy": "IfNotPresent",
                                "command": ["/bin/demo", "serve", "8080"]}]}})

    def await_all(self, names, where, seconds=180):
        with self.changed:
            if not self.changed.wait_for(lambda: all(n in where for n in names), seconds):
                raise RuntimeError("%d of %d pods only in %d s" % (sum(n in where for n in names), len(names), seconds))

    def times(self, names):
        return sorted((self.ran[n] - self.bound[n]) * 1000 for n in names)

    def create_all(self, names):
        """Seconds from the first request to the last Running."""
        t = time.clock_gettime(time.CLOCK_BOOTTIME)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(self.create, names))
        self.await_all(names, self.ran)
        return max(self.ran[n] for n in names) - t


def cri_ms(node):
    """What the daemon says it spent in the calls that start pods."""
    text = node.call("GET", "/metrics").decode()
    found = re.findall(
        r'^kubelet_runtime_operations_duration_seconds_sum\{[^}]*operation_type="(\w+)"[^}]*\} (\S+)', text, re.M)
    return sum(float(v) * 1000 for op, v in found if op in CRI_CALLS)


def requests(cluster, since=0):
    """The node's requests in the API server's audit log, but for those that come by the clock; lines so far."""
    seen, lines = {}, 0
    for line in open(cluster + "/log/audit.log"):
        lines += 1
        if lines <= since:
            continue
        e = json.loads(line)
        r = e.get("objectRef", {})
        if e["stage"] != "ResponseComplete" or r.get("resource") in ("leases", "nodes"):
            continue
        what = e["verb"] + " " + r.get("resource", e["requestURI"])
        if "subresource" in r:
            what += "/" + r["subresource"]
        seen[what] = seen.get(what, 0) + 1
    return seen, lines


def percentile(v, p):
    return sorted(v)[min(len(v) - 1, int(len(v) * p / 100))]


class Figures:
    def __init__(self, kind, path):
        self.kind, self.path, self.rows = kind, path, {}

    def add(self, what, unit, value, parts=None):
        self.rows[what] = {"unit": unit, "value": round(value, 2), "parts": parts or {}}
        print("  %-8s %-52s %9.2f %-3s %s" % (self.kind, what, value, unit, "  ".join(
            "%s %s" % (k, round(v, 2)) for k, v in (parts or {}).items())), flush=True)

    def save(self):
        with open(self.path, "w") as f:
            json.dump(self.rows, f, indent=1)


def one_at_a_time(f, cluster, node, pods, count):
    first = requests(cluster)[1]
    cri, names = [], []
    for i in range(count):
        name = "one-%02d" % i
        before = cri_ms(node)
        pods.create(name)
        pods.await_all([name], pods.ran, 60)
        time.sleep(0.3)
        cri.append(cri_ms(node) - before)
        names.append(name)
    times = [(pods.ran[n] - pods.bound[n]) * 1000 for n in names]
    f.add("pod start, one at a time: bound to Running, p50", "ms", percentile(times, 50))
    f.add("pod start, one at a time: bound to Running, p99", "ms", percentile(times, 99))
    f.add("the CRI calls in it, p50", "ms", percentile(cri, 50))
    f.add("all but the CRI calls, p50", "ms", percentile([t - c for t, c in zip(times, cri)], 50))
    time.sleep(3)
    seen = requests(cluster, first)[0]
    a_pod = {k: v / count for k, v in seen.items()}
    f.add("requests to the API server a pod, to Running", "", sum(a_pod.values()), a_pod)
    for n in names:
        pods.api.call("DELETE", "%s/pods/%s" % (pods.root, n))
    pods.await_all(names, pods.gone)
    time.sleep(2)
    seen = requests(cluster, first)[0]
    a_pod = {k: v / count for k, v in seen.items()}
    f.add("requests to the API server a pod, to its end", "", sum(a_pod.values()), a_pod)


def at_rest(f, procs, label):
    time.sleep(5)
    each = {p.name: p.memory() for p in procs}
    for what in ("RSS", "PSS", "private memory", "anonymous memory"):
        parts = {n: m[what] for n, m in each.items()}
        f.add("%s with %s" % (what, label), "MB", sum(parts.values()), parts if len(parts) > 1 else None)
    f.add("threads with %s" % label, "", sum(p.threads() for p in procs))


def cpu_at_rest(f, procs, label):
    time.sleep(REST / 3)
    before = {p.name: p.cpu() for p in procs}
    time.sleep(REST)
    parts = {p.name: (p.cpu() - before[p.name]) * 100 / REST for p in procs}
    f.add("CPU at rest with %s, %d s" % (label, REST), "%", sum(parts.values()), parts if len(parts) > 1 else None)


def measure(cluster, node_name, path, names):
    f = Figures(os.path.basename(path).split(".")[0], path)
    f.add("process start to Node Ready, p50 of 3", "s", percentile([float(s) for s in os.environ["READY"].split()], 50))
    api, node, procs = Api(cluster), Api(cluster, 10250), [Process(cluster, n) for n in names]
    pods = Pods(api, f.kind)
    at_rest(f, procs, "0 pods")
    one_at_a_time(f, cluster, node, pods, min(20, PODS))
    cpu = sum(p.cpu() for p in procs)
    batch = ["all-%03d" % i for i in range(PODS)]
    seconds = pods.create_all(batch)
    times = pods.times(batch)
    f.add("all at once: bound to Running, p50", "ms", percentile(times, 50))
    f.add("all at once: bound to Running, p99", "ms", percentile(times, 99))
    f.add("all at once: created to all Running", "s", seconds)
    f.add("CPU time a pod, all at once", "ms", (sum(p.cpu() for p in procs) - cpu) * 1000 / PODS)
    at_rest(f, procs, "%d pods" % PODS)
    here = json.loads(api.call("GET", "/api/v1/pods?fieldSelector=spec.nodeName%3D" + node_name))["items"]
    total = 110 if PODS >= 50 else 2 * PODS
    more = ["more-%03d" % i for i in range(total - len(here))]
    pods.create_all(more)
    at_rest(f, procs, "%d pods" % total)
    cpu_at_rest(f, procs, "%d pods" % total)
    f.save()


def ready(cluster, node_name, program):
    for at, e in Api(cluster).watch("/api/v1/nodes?fieldSelector=metadata.name%3D" + node_name):
        conditions = e["object"].get("status", {}).get("conditions", [])
        if e["type"] != "DELETED" and any(c["type"] == "Ready" and c["status"] == "True" for c in conditions):
            print("%.2f" % (at - int(proc_stat(Process(cluster, program).pid)[19]) / HZ))
            return


def table(out):
    ours, stock = (json.load(open("%s/%s.part" % (out, kind))) for kind in ("kernlet", "stock"))
    rows = []
    print("\n  %-50s %4s %9s %9s %6s" % ("", "", "kernlet", "stock", "part"))
    for start, aim in ORDER:
        for what in [w for w in ours if w.startswith(start) and w in stock]:
            o, s = ours[what], stock[what]
            missed = aim and o["value"] > s["value"] * aim
            print("  %-50s %4s %9.2f %9.2f %6s%s" % (
                what, o["unit"], o["value"], s["value"], "%.2f" % (o["value"] / s["value"]) if s["value"] else "",
                "  aim %.2f missed" % aim if missed else ""))
            each = s["parts"] if "requests" not in what else {}
            rows.append({"what": what, "unit": o["unit"], "kernlet": o["value"],
                         "peers": dict({"stock": s["value"]}, **{k: round(v, 2) for k, v in each.items()})})
    with open(out + "/cluster.json", "w") as f:
        json.dump(rows, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    if sys.argv[1] == "ready":
        ready(*sys.argv[2:5])
    elif sys.argv[1] == "measure":
        measure(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
    else:
        table(sys.argv[2])
