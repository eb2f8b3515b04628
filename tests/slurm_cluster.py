"""A Slurm of two nodes on this machine, from Debian's packages slurm-wlm and munge; root only.

    python tests/slurm_cluster.py    # until Ctrl-C

Both nodes are processes here. Jobs are queued, spread, measured, and killed for memory and time as on any cluster;
there is no accounting and no confinement to cores.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

#: Where every Slurm command looks: a configuration elsewhere is not found from within jobs.
CONFIGURATION = Path("/etc/slurm/slurm.conf")
MARK = "# Made by layertopo/tests/slurm_cluster.py, and removed by it."
NODES = ("node1", "node2")
DAEMONS = ("slurmctld", "slurmd", "munged")


def missing() -> str | None:
    """Why no cluster can be made here, or None."""
    programs = [name for name in DAEMONS if shutil.which(name, path="/usr/sbin:/sbin") is None]
    if programs:
        return f"no {', '.join(programs)} (Debian: apt install slurm-wlm munge)"
    if os.geteuid() != 0:
        return "only root can start a Slurm cluster"
    if CONFIGURATION.exists() and MARK not in CONFIGURATION.read_text():
        return f"{CONFIGURATION} belongs to another cluster"
    return None


def configuration(folder: Path) -> str:
    """Text of slurm.conf, with everything it writes in a folder."""
    host = socket.gethostname().split(".")[0]
    nodes = "\n".join(
        f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=4 RealMemory=4000"
        for port, name in enumerate(NODES, start=17001)
    )
    return f"""{MARK}
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort=16817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
# No cgroups, no real cores: nodes say what they have, and memory is watched every second.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,UsePss
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MpiDefault=none
SwitchType=switch/none
AccountingStorageType=accounting_storage/none
# Nothing waits longer than it must.
SchedulerParameters=bf_interval=1,sched_interval=2,batch_sched_delay=0
ReturnToService=2
KillWait=2
CompleteWait=0
MinJobAge=3600
{nodes}
PartitionName=short Nodes={",".join(NODES)} Default=YES MaxTime=60 DefMemPerCPU=200 LLN=YES State=UP
"""


def munge_works() -> bool:
    return subprocess.run(["munge", "-n"], capture_output=True).returncode == 0


def wait_until(reached, what: str, seconds: float = 20) -> None:
    """Wait for a state.

    Raises
    ------
    TimeoutError
        If it is not reached in time; says what was waited for.
    """
    end = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.1)


def idle_nodes() -> int:
    listed = subprocess.run(["sinfo", "-h", "-N", "-t", "idle", "-o", "%N"], capture_output=True, text=True)
    return len(listed.stdout.split())


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    process.kill()
    process.wait()


def cancel_all() -> None:
    """Cancel every job, and wait until none is left."""
    subprocess.run(["scancel", "--user", "root", "--signal", "KILL"], capture_output=True)
    subprocess.run(["scancel", "--user", "root"], capture_output=True)
    wait_until(lambda: not subprocess.check_output(["squeue", "-h"]), "an empty queue")


@contextmanager
def cluster() -> Iterator[Path]:
    """A running cluster: its partition is `short`. One at a time on a machine; a second waits for its turn.

    Yields
    ------
    path
        Folder with the logs of its daemons.
    """
    with ExitStack() as stack:
        lock = stack.enter_context(open(Path(tempfile.gettempdir(), "layertopo-slurm.lock"), "w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slurm-")))
        (folder / "state").mkdir()

        def start(*command: str | Path) -> None:
            stack.callback(
                end, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )

        if not munge_works():
            subprocess.run(["install", "-d", "-o", "munge", "-g", "munge", "/run/munge"], check=True)
            start("runuser", "-u", "munge", "--", "/usr/sbin/munged", "--foreground")
            wait_until(munge_works, "munge")
        CONFIGURATION.write_text(configuration(folder))
        stack.callback(CONFIGURATION.unlink)
        start("/usr/sbin/slurmctld", "-D", "-c")
        for name in NODES:
            start("/usr/sbin/slurmd", "-D", "-N", name)
        wait_until(lambda: idle_nodes() == len(NODES), f"two idle nodes (logs in {folder})")
        stack.callback(cancel_all)
        yield folder


if __name__ == "__main__":
    if reason := missing():
        sys.exit(reason)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit())
    with cluster() as running:
        print(f"partition short of {len(NODES)} nodes; logs in {running}; Ctrl-C ends it", flush=True)
        signal.pause()
