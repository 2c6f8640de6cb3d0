"""By what the entries of a register are found, written anew when its definition says something else."""

from dataclasses import dataclass, field, replace

from praya.blocks.registers import api as registers
from praya.definition.chapters.registers import Register, kind_of
from praya.definition.service import Service
from praya.journey import register_facts


@dataclass
class Written:
    """Of how many entries the keys were written, and which are not unique: their number, and that of the other one."""

    register: Register
    count: int = 0
    alike: list[tuple[str, str]] = field(default_factory=list)


def changed(before: Service | None, service: Service) -> list[Register]:
    """The registers whose entries, made before this version of the service, are found by something else now."""
    registers = []
    for name, register in service.registers.items():
        old = before.registers.get(name) if before else None
        if old is not None and before is not None and _finding(before, old) != _finding(service, register):
            registers.append(register)
    return registers


def _finding(service: Service, register: Register) -> tuple[registers.Finding, list[str]]:
    return register_facts.finding(register), [kind_of(service, fact) for fact in register.facts.values()]


def write(service: Service, register: Register) -> Written:
    """Write the keys of every entry that is not struck off; done again, it changes nothing."""
    done = Written(register)
    finding = register_facts.finding(register)
    for entry in registers.all_entries(service=service.service, register=register.name):
        if entry.struck_at is not None:
            continue
        try:
            registers.write_keys(entry.ref, finding, shown=list(register.shown))
        except registers.NotUnique as other:
            # It is found all the same; that it is not unique is for the department to mend.
            registers.write_keys(entry.ref, replace(finding, unique=()), shown=list(register.shown))
            done.alike.append((entry.number, str(other)))
        done.count += 1
    return done
