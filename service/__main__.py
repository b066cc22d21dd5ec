"""The command line: ``gatehouse COMMAND``.

Exit codes: 0 it is done, 1 it did not work, 2 the command or a setting is wrong.
"""

import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from service import errors
from service.backup.aftercare import Aftercare
from service.commands import (
    backup,
    deliveries,
    doctor,
    endpoints,
    imports,
    mail,
    models,
    reasons,
    running,
    secret,
    serving,
    site_data,
    sites,
    tokens,
    users,
    webhooks,
)
from service.db import Connection
from service.outbox import Prepare
from service.processes import PREFILLED
from service.secrets import Secrets
from service.settings import RULES, Settings
from service.sites import ListEntry
from service.webhooks.administration import Kind

# Their package takes a second to import, so it is imported for these commands only.
LEARNING = {
    "train": "make a model from labelled comments",
    "evaluate": "measure a model against a simple one",
    "score": "judge comments from standard input",
}

CONSENT = "consent"


class NoModel(errors.OperatorError):
    """The model cannot be used."""


@contextmanager
def _with_model() -> Iterator[None]:
    """The classifiers know no operator: what they say of a model that does not fit is put here."""
    from classifiers.artifacts import UnfitModel  # noqa: PLC0415  (see LEARNING)

    try:
        yield
    except UnfitModel as error:
        raise NoModel(
            f"The model that ships cannot be used, because {error}:"
            " install Gatehouse again, or make a model by gatehouse train."
        ) from error


def _examine_model() -> str:
    from classifiers.scorer import load_default  # noqa: PLC0415  (see LEARNING)

    with _with_model():
        return f"version {load_default().version}; its digest fits its manifest"


def _examine_compiled_code() -> str:
    import classifiers  # noqa: PLC0415  (see LEARNING)

    if os.environ.get(PREFILLED):
        return "it came with the image"
    beside = Path(classifiers.__file__).parent / "__pycache__"
    for folder in (os.environ.get("NUMBA_CACHE_DIR"), beside, Path.home() / ".cache"):
        if folder and os.access(folder, os.W_OK):
            return f"it is kept in {folder}"
    raise NoFolder


class NoFolder(errors.OperatorError):
    """It cannot be kept, so commands compile anew: set NUMBA_CACHE_DIR to a private folder."""


EXAMINATIONS = {"model": _examine_model, "compiled code": _examine_compiled_code}


def main(argv: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if argv is None else list(argv)
    args = _parser(arguments).parse_args(arguments)
    try:
        code: int = args.run(args)
        if sys.stdout is not None:  # a command whose reader went away has closed it
            sys.stdout.flush()
    except (errors.OperatorError, errors.ServiceError) as error:
        return _fail(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; what is still buffered has nowhere to go.
        sys.stdout = None
        return 0
    return code


def _fail(error: errors.OperatorError | errors.ServiceError) -> int:
    sys.stderr.write(f"gatehouse: {errors.sentence(error)}\n")
    return error.exit_code if isinstance(error, errors.OperatorError) else errors.FAILED


def _parser(arguments: Sequence[str]) -> ArgumentParser:
    parser = ArgumentParser(
        prog="gatehouse",
        description="Self-hosted comment moderation for blogs.",
        epilog=_settings_help(),
        formatter_class=RawDescriptionHelpFormatter,
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    serving.add_commands(subparsers, _aftercare, _prepare, _furnish)
    for family in (tokens, users, secret, mail):
        family.add_commands(subparsers)
    backup.add_commands(subparsers, _aftercare)
    site_actions = sites.add_commands(subparsers, _validate_entry)
    site_data.add_commands(site_actions, _export_site, _delete_site)
    webhooks.add_commands(site_actions, _platforms)
    for told in (endpoints, deliveries):
        told.add_commands(subparsers)
    imports.add_commands(subparsers, _import)
    imports.add_observed(site_actions, _observed)
    models.add_commands(subparsers, _models)
    reasons.add_commands(subparsers, _reasons)
    doctor.add_commands(subparsers, EXAMINATIONS)
    _add_child(subparsers)
    if arguments and arguments[0] == CONSENT:
        from consent import commands as consent  # noqa: PLC0415  (see LEARNING)

        consent.add_commands(subparsers)
    else:
        subparsers.add_parser(CONSENT, help="notices, the record of consent, and its export")
    if arguments and arguments[0] in LEARNING:
        from classifiers import commands as learning  # noqa: PLC0415  (see LEARNING)

        learning.add_commands(subparsers)
    else:
        for name, purpose in LEARNING.items():
            subparsers.add_parser(name, help=purpose)
    return parser


def _validate_entry(entry: ListEntry) -> None:
    from moderation import lists  # noqa: PLC0415  (see LEARNING)

    lists.validate(entry)


def _platforms() -> Mapping[str, Kind]:
    from moderation.platforms import kinds  # noqa: PLC0415  (see LEARNING)

    return kinds()


def _aftercare() -> Aftercare:
    from consent.aftercare import Aftercare as Ours  # noqa: PLC0415  (see LEARNING)

    return Ours()


def _prepare() -> Prepare:
    from moderation.deliveries.rendering import prepare  # noqa: PLC0415  (see LEARNING)

    # Jobs are found by being imported: the worker has those that serving processes have.
    from service import app  # noqa: F401, PLC0415

    return prepare


async def _furnish(conn: Connection, secrets: Secrets, settings: Settings) -> None:
    from consent.notices.demonstration import furnish  # noqa: PLC0415  (see LEARNING)

    await furnish(conn, secrets, settings)


def _export_site(args: Namespace) -> int:
    from consent.site_data import command  # noqa: PLC0415  (see LEARNING)

    return command.run_export(args)


def _delete_site(args: Namespace) -> int:
    from consent.site_data import command  # noqa: PLC0415  (see LEARNING)

    return command.run_delete(args)


def _import(args: Namespace) -> int:
    from moderation.imports import command  # noqa: PLC0415  (see LEARNING)

    return command.run(args)


def _observed(args: Namespace) -> int:
    from moderation.observed import command  # noqa: PLC0415  (see LEARNING)

    return command.run(args)


def _models(args: Namespace) -> int:
    from moderation.learning import command  # noqa: PLC0415  (see LEARNING)

    with _with_model():
        return command.run(args)


def _reasons(args: Namespace) -> int:
    from moderation.reasons import command  # noqa: PLC0415  (see LEARNING)

    return command.run(args)


def _add_child(subparsers: running.Subparsers) -> None:
    child = subparsers.add_parser(serving.CHILD)  # without help: for the supervisor only
    for name in ("listener", "parent", "index"):
        child.add_argument(name, type=int)
    child.set_defaults(run=_serve_process)


def _serve_process(args: Namespace) -> int:
    from service import serving as child  # noqa: PLC0415  (other commands need no web server)
    from service.app import create_app  # noqa: PLC0415

    with _with_model():
        return child.run(create_app, args.listener, args.parent, args.index)


def _settings_help() -> str:
    lines = [f"  {name}\n      {rule.doc}" for name, rule in RULES.items()]
    return "settings (environment variables):\n" + "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
