#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# A WebSocket client of the kubelet's streams, for tests on a node without an API server.
#
#   stream.py exec URL [stdin]           channel.k8s.io v4: prints what came on stdout and stderr; exit status
#                                        of the command. With stdin, this program's own is sent to it first.
#   stream.py pull URL BYTES             exec whose output is counted only; fails when it isn't BYTES long
#   stream.py forward URL TEXT           port-forward: sends TEXT to the first port, prints what comes back
#
# Environment: KN_CERT, KN_KEY (PEM files): the client's certificate.
import base64
import json
import os
import socket
import ssl
import struct
import sys
from urllib.parse import urlsplit


def connect(url):
    u = urlsplit(url)
    raw = socket.create_connection((u.hostname, u.port), timeout=30)
    ctx = ssl._create_unverified_context()
    if "KN_CERT" in os.environ:
        ctx.load_cert_chain(os.environ["KN_CERT"], os.environ["KN_KEY"])
    s = ctx.wrap_socket(raw, server_hostname=u.hostname)
    key = base64.b64encode(os.urandom(16)).decode()
    s.sendall((f"GET {u.path}?{u.query} HTTP/1.1\r\nHost: {u.netloc}\r\nConnection: Upgrade\r\n"
               f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
               "Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n").encode())
    head = b""
    while b"\r\n\r\n" not in head:
        got = s.recv(1)
        if not got:
            sys.exit(f"closed: {head!r}")
        head += got
    if b" 101 " not in head.split(b"\r\n")[0]:
        sys.exit(f"not upgraded: {head.decode()} {s.recv(4096).decode()}")
    return s


def exactly(s, n):
    out = bytearray()
    while len(out) < n:
        got = s.recv(n - len(out))
        if not got:
            return None
        out += got
    return bytes(out)


def send(s, data):
    mask = os.urandom(4)
    n = len(data)
    head = struct.pack("!BB", 0x82, 0x80 | n) if n < 126 else struct.pack("!BBH", 0x82, 0xfe, n)
    s.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))


def frames(s):
    while True:
        head = exactly(s, 2)
        if head is None:
            return
        n = head[1] & 0x7f
        if n == 126:
            n = struct.unpack("!H", exactly(s, 2))[0]
        elif n == 127:
            n = struct.unpack("!Q", exactly(s, 8))[0]
        data = exactly(s, n)
        if data is None or head[0] & 0x0f == 8:
            return
        if data:
            yield data[0], data[1:]


def main():
    what, url = sys.argv[1:3]
    s = connect(url)
    if what == "forward":
        opened = 0
        for channel, data in frames(s):
            # Each channel begins with its port, two bytes.
            if len(data) == 2 and opened < 2:
                opened += 1
                if opened == 2:
                    send(s, b"\x00" + sys.argv[3].encode())
            elif channel == 0:
                print(data.decode(), end="")
                return 0 if data else 1
            elif channel == 1:
                sys.exit(data.decode())
        return 1
    if what == "exec" and len(sys.argv) > 3:
        send(s, b"\x00" + sys.stdin.buffer.read())
    code, count = 99, 0
    for channel, data in frames(s):
        if channel in (1, 2):
            count += len(data)
            if what == "exec":
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
        elif channel == 3:
            status = json.loads(data)
            code = 0 if status["status"] == "Success" else 1
            for cause in status.get("details", {}).get("causes", []):
                if cause.get("reason") == "ExitCode":
                    code = int(cause["message"])
            if code and "details" not in status:
                print(status.get("message"), file=sys.stderr)
    if what == "pull" and count != int(sys.argv[3]):
        sys.exit(f"got {count} bytes")
    return code


try:
    sys.exit(main())
except BrokenPipeError:  # who reads has seen enough
    os._exit(0)
