from hstar.bench.workload import workloads
from hstar.cli.bench import load_workloads


def test_every_phase_has_a_target_beside_the_same_peer() -> None:
    load_workloads()
    phases = workloads("proof-system")
    assert len(phases) == 4
    assert len({phase.peer for phase in phases}) == 1
    assert all(phase.target is not None for phase in phases)
