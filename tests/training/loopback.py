"""Addresses on this machine for workers in processes of their own."""

import socket


def cluster(chiefs=0, workers=2):
    """The `cluster` of a TF_CONFIG whose workers listen on free ports of loopback."""
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(chiefs + workers)]
    found = {"chief": addresses[:chiefs], "worker": addresses[chiefs:]}
    return {kind: members for kind, members in found.items() if members}


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def tasks(cluster):
    """The TF_CONFIG of each member of a cluster, the chief's first."""
    return [
        {"cluster": cluster, "task": {"type": kind, "index": index}}
        for kind, members in cluster.items()
        for index in range(len(members))
    ]
