"""Targets of commands: the pack, service or folder of services that a PATH names."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from praya.kernel import plug
from praya.kernel.expression import nearest
from praya.kernel.plug import PackFiles
from praya.project.refusal import Refused


@dataclass(frozen=True)
class Target:
    """Services of one pack; `whole` when the pack itself is meant.

    `plug_files` are files of the kinds that plugs bring (`Plug.pack_files`).
    """

    pack: Path
    services: tuple[Path, ...]
    whole: bool = False
    plug_files: tuple[Path, ...] = ()

    @property
    def kinds(self) -> list[PackFiles]:
        """The kinds of files of plugs that are meant: all for a whole pack."""
        kinds = {path: kind_of(path, self.pack) for path in self.plug_files}
        return [kind for kind in plug.pack_files() if self.whole or kind in kinds.values()]


def targets(paths: Sequence[str], *, installed: Path) -> list[Target]:
    """The services that `paths` name, by pack; the installed pack when there is no path.

    A path is a pack's folder, a service's folder, a `service.yaml`, one of its examples, a folder of services, a file
    of a kind that a plug brings, or just the name of a service of the installed pack. Raises Refused otherwise.
    """
    if not paths:
        return [_whole(installed)]
    by_pack: dict[Path, list[Path]] = {}
    whole: set[Path] = set()
    plug_files: dict[Path, list[Path]] = {}
    for given in paths:
        target = _target(given, installed)
        services = by_pack.setdefault(target.pack, [])
        services += [service for service in target.services if service not in services]
        plug_files.setdefault(target.pack, []).extend(target.plug_files)
        if target.whole:
            whole.add(target.pack)
    return [Target(pack, tuple(services), pack in whole, tuple(plug_files[pack])) for pack, services in by_pack.items()]


def kind_of(path: Path, pack: Path) -> PackFiles | None:
    """The kind of plug files to which a file of a pack belongs; None for any other file."""
    return next((kind for kind in plug.pack_files() if path in (pack / kind.folder).glob(kind.pattern)), None)


def one_pack(paths: Sequence[str], *, installed: Path) -> Target:
    """The target of paths that must all belong to one pack. Raises Refused."""
    by_pack = targets(paths, installed=installed)
    if len(by_pack) > 1:
        raise Refused("These services belong to different packs; name those of one pack at a time.")
    return by_pack[0]


def shown(path: Path | str) -> str:
    """A path as a person would type it here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _target(given: str, installed: Path) -> Target:
    path = Path(given)
    if not path.exists():
        named = installed / "services" / given
        if named.joinpath("service.yaml").is_file():
            return Target(installed, (named / "service.yaml",))
        names = [folder.parent.name for folder in installed.glob("services/*/service.yaml")]
        raise Refused(
            f"There is no file, folder or service '{given}' in the pack {shown(installed)}{nearest(path.name, names)}. "
            "PRAYA_PACK=FOLDER names another pack."
        )
    path = path.resolve()
    if path.is_dir():
        return _folder(path, given, installed)
    if path.name == "pack.yaml":
        return _whole(path.parent)
    if path.parent.name == "examples" and path.parent.with_name("service.yaml").is_file():
        path = path.parent.with_name("service.yaml")
    pack = _pack_of(path, installed)
    if kind_of(path, pack) is not None:
        return Target(pack, (), plug_files=(path,))
    if path.suffix not in {".yaml", ".yml"}:
        raise Refused(f"{given} is no service: a service is a file service.yaml in a folder of its own.")
    return Target(pack, (path,))


def _folder(path: Path, given: str, installed: Path) -> Target:
    if path.joinpath("pack.yaml").is_file():
        return _whole(path)
    if path.joinpath("service.yaml").is_file():
        return Target(_pack_of(path, installed), (path / "service.yaml",))
    below = sorted(path.glob("*/service.yaml"))
    if below:
        return Target(_pack_of(path, installed), tuple(below))
    raise Refused(f"{given} holds no pack.yaml and no service.yaml; name the folder of a pack or of a service.")


def _whole(pack: Path) -> Target:
    if not pack.joinpath("pack.yaml").is_file():
        raise Refused(f"There is no pack in {pack}: it has no pack.yaml. PRAYA_PACK names the folder of the pack.")
    return Target(pack.resolve(), tuple(sorted(pack.resolve().glob("services/*/service.yaml"))), whole=True)


def _pack_of(path: Path, installed: Path) -> Path:
    """The pack in whose folder it lies, else the installed one."""
    above = (folder for folder in path.parents if folder.joinpath("pack.yaml").is_file())
    return next(above, installed.resolve())
