"""Groups of commands that answer a wrong name with the right one."""

import click

__all__ = ["SuggestingGroup"]


class SuggestingGroup(click.Group):
    """A group; ``what`` is what its members are called in messages."""

    what = "command"

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            from symcli.errors import suggest

            known = self.list_commands(ctx)
            hint = suggest(args[0], known)
            listed = f"{self.what}s: {', '.join(known)}"
            raise click.UsageError(
                f"there is no {self.what} {args[0]!r}; {f'{hint}  {listed}' if hint else listed}", ctx
            )
        return super().resolve_command(ctx, args)
