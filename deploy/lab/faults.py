"""The faults: what happens to whom, for how long, and how it is put right. Each is injected while people work.

`kind` decides the target: 10 s of writes for a process, 5 s for something planned, 35 s for a host or a link; 3 s for
reads in every case.
"""

import os
import signal
import time

from processes import Process

TARGETS = {"process": 10.0, "planned": 5.0, "host": 35.0}
READS = 3.0
FAULTS = {}


def fault(kind, words):
    def note(act):
        FAULTS[act.__name__.replace("_", "-")] = (kind, words, act)
        return act
    return note


def kill(pids, number=signal.SIGKILL):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


@fault("process", "PostgreSQL of the primary killed with -9")
def primary_killed(lab):
    kill([lab.cluster.leader().postmaster()])


@fault("process", "Patroni of the primary killed with -9")
def patroni_killed(lab):
    lab.cluster.leader().processes["patroni"].kill()


@fault("process", "the leader of etcd killed with -9")
def etcd_leader_killed(lab):
    lab.cluster.etcd_leader().processes["etcd"].kill()


@fault("process", "node 1 killed with -9")
def node1_killed(lab):
    lab.nodes[0].service.kill()


@fault("process", "node 2 killed with -9")
def node2_killed(lab):
    lab.nodes[1].service.kill()


@fault("process", "the way to the database on node 1 (HAProxy) killed with -9")
def node_haproxy_killed(lab):
    lab.nodes[0].processes["haproxy"].kill()


@fault("process", "the balancer in front killed with -9")
def front_killed(lab):
    lab.front.processes["haproxy"].kill()


@fault("planned", "planned switch to the synchronous standby")
def planned_switch(lab):
    lab.cluster.switch()


@fault("planned", "both nodes restarted one after the other")
def nodes_restarted(lab):
    lab.roll(lab.binary)


@fault("host", "host of the primary lost (everything on it -9, off for 35 s)")
def host_lost(lab):
    host = lab.cluster.leader()
    host.lose()
    time.sleep(35)
    host.back()


@fault("host", "host of the synchronous standby lost (off for 35 s)")
def standby_lost(lab):
    host = lab.cluster.sync_standby()
    host.lose()
    time.sleep(35)
    host.back()


@fault("host", "cable of the primary pulled for 35 s")
def cable_pulled(lab):
    host = lab.cluster.leader()
    lab.network.cable(host.name, plugged=False)
    time.sleep(35)
    lab.network.cable(host.name, plugged=True)


@fault("host", "primary cut from its peers for 35 s, still reachable by the nodes")
def peers_cut(lab):
    host = lab.cluster.leader()
    lab.network.cut_from(host.name, [h.address for h in lab.cluster.hosts.values() if h is not host])
    time.sleep(35)
    lab.network.heal(host.name)


@fault("host", "PostgreSQL of the primary frozen for 30 s")
def primary_frozen(lab):
    frozen = lab.cluster.leader().server_processes()
    kill(frozen, signal.SIGSTOP)
    time.sleep(30)
    kill(frozen, signal.SIGCONT)


@fault("host", "host of the primary frozen for 30 s")
def host_frozen(lab):
    host = lab.cluster.leader()
    host.freeze()
    time.sleep(30)
    host.thaw()


@fault("host", "cable of node 1 pulled for 35 s")
def node_cable_pulled(lab):
    lab.network.cable(lab.nodes[0].name, plugged=False)
    time.sleep(35)
    lab.network.cable(lab.nodes[0].name, plugged=True)


@fault("host", "node 1 frozen for 30 s")
def node_frozen(lab):
    service: Process = lab.nodes[0].service
    service.kill(signal.SIGSTOP)
    time.sleep(30)
    service.kill(signal.SIGCONT)


@fault("planned", "rolling upgrade: previous release, this one, the previous one again, this one")
def rolling_upgrade(lab):
    lab.migrate()
    lab.roll(lab.binary)
    time.sleep(3)
    lab.roll(lab.previous)
    time.sleep(3)
    lab.roll(lab.binary)


SHORT = ["primary-killed", "planned-switch", "node1-killed"]
