"""All sets of open data: statistics, registers and draws of services, and the sets of other plugs."""

from collections.abc import Iterator

from praya.journey import load
from praya.kernel import plug
from praya.kernel.plug import DataSet


def data_sets() -> Iterator[DataSet]:
    """The sets of services, from their cards."""
    for card in load.territory().known.values():
        at = f"/data/statistics/{card.service}"
        yield DataSet(f"statistics/{card.service}", card.title, {"csv": f"{at}.csv", "json": f"{at}.json"})
        for register in card.public_registers:
            at = f"/data/registers/{card.service}/{register.name}"
            files = {"csv": f"{at}.csv", "json": f"{at}.json", "schema": f"{at}.schema.json"}
            yield DataSet(f"registers/{card.service}/{register.name}", register.title, files)
        if card.draws_lots:
            yield DataSet(f"ballots/{card.service}", card.title, {"json": f"/data/ballots/{card.service}.json"})


def page(after: str, limit: int) -> list[DataSet]:
    """A page of the sets of all plugs, by name."""
    every = (one for each in plug.plugs() if each.data_sets for one in plug.value(each.data_sets)())
    return sorted((one for one in every if one.name > after), key=lambda one: one.name)[:limit]
