"""What the state machines of Hypothesis share: a world that each run leaves as it was."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, run_state_machine_as_test


class CampusMachine(RuleBasedStateMachine):
    """Steps within the transaction of a test ``case``, taken back after each run."""

    case = None
    # States that were met in any run: a machine that never comes far proves little.
    reached: set[str] = set()

    def __init__(self):
        super().__init__()
        self.case.env.flush_all()
        self.savepoint = self.case.env.cr.savepoint(flush=False)
        self.savepoint.__enter__()

    @initialize()
    def open_the_map(self):
        self.case.load_maps()

    def teardown(self):
        # What is pending belongs to a world that ends here, also after an error.
        self.case.env.transaction.clear()
        self.savepoint.rollback()
        self.savepoint.__exit__(None, None, None)
        self.case.env.cr.postcommit.clear()
        self.case.forget_maps()


def play(machine, case, *, examples, steps):
    """Try so many runs of so many steps each, always the same ones.

    :return: the states that were met
    """
    machine = type("Machine", (machine,), {"case": case, "reached": set()})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return machine.reached
