"""Compile what is said and done, and check what a schema cannot see."""

from collections.abc import Mapping
from datetime import timedelta

from bot.rules import schema
from bot.rules.compiling.conditions import no_such
from bot.rules.compiling.replies import ReplyCompiler
from bot.rules.compiling.scopes import Scopes
from bot.rules.extensions import Extensions
from bot.rules.languages import Language
from bot.rules.names import Names
from bot.rules.parts import (
    Actions,
    Asking,
    Calling,
    Handover,
    Notification,
    Recording,
    called,
)
from bot.rules.source import Path, Source
from bot.rules.templates import Text

LONGEST_TIMEOUT = timedelta(seconds=30)


class ActionCompiler:
    """Compiles the actions of one file; mistakes are noted in its source."""

    def __init__(
        self,
        source: Source,
        *,
        language: Language,
        admins: Mapping[str, schema.Admin | None],
        flows: Mapping[str, object],
        replies: ReplyCompiler,
        scopes: Scopes,
        extensions: Extensions | None,
    ) -> None:
        self._source = source
        self._language = language
        self._admins = admins
        self._flows = flows
        self._replies = replies
        self._scopes = scopes
        self._extensions = extensions
        self.on_errors: dict[str, Actions] = {}

    def actions(
        self, written: schema.Outcome | None, names: Names, *, place: str, at: Path
    ) -> Actions | None:
        """Return the compiled actions; None for none."""
        if written is None:
            return None
        if written.reply is not None and written.use is not None:
            self._source.add('"reply" and "use" exclude each other', at=(*at, "use"), key=True)
        if written.start is not None and written.start not in self._flows:
            self._source.add(no_such("flow", written.start, self._flows), at=(*at, "start"))
        if written.start is not None and written.handover is not None:
            text = '"start" and "handover" exclude each other: a handover ends every flow'
            self._source.add(text, at=(*at, "start"), key=True)
        return Actions(
            place=place,
            variants=self._replies.variants(written.reply, written.use, names, at=at),
            notification=self._notify(written.notify, names, at=(*at, "notify")),
            handover=self._handover(written.handover, names, at=(*at, "handover")),
            tags=written.tag,
            untags=written.untag,
            recording=self._record(written.record, names, at=(*at, "record")),
            start=written.start,
            calling=self._call(written.call, names, place=place, at=(*at, "call")),
            asking=self._http(written.http, names, place=place, at=(*at, "http")),
        )

    def admin(self, name: str, *, at: Path) -> schema.Admin | None:
        """Return an admin; one that does not exist is a mistake."""
        if name not in self._admins:
            self._source.add(no_such("admin", name, self._admins), at=at)
        return self._admins.get(name)

    def _notify(
        self, written: schema.Notify | None, names: Names, *, at: Path
    ) -> Notification | None:
        if written is None:
            return None
        return self._notification(written.to, written.text, names, every=written.every, at=at)

    def _handover(
        self, written: schema.Handover | None, names: Names, *, at: Path
    ) -> Handover | None:
        if written is None:
            return None
        told = written.notify
        if told is None:
            return Handover(for_=written.for_)
        text = told.text or self._language.phrases["handed_over"]
        notification = self._notification(told.to, text, names, at=(*at, "notify"))
        return Handover(for_=written.for_, notification=notification)

    def _notification(
        self, to: str, text: str, names: Names, *, every: timedelta | None = None, at: Path
    ) -> Notification | None:
        compiled = self._replies.text(text, names, at=(*at, "text"))
        admin = self.admin(to, at=(*at, "to"))
        if admin is None or compiled is None:
            return None
        return Notification(
            admin=to,
            to=admin.to,
            device=None if admin.device == "auto" else admin.device,
            text=compiled,
            every=every,
        )

    def _record(self, written: schema.Record | None, names: Names, *, at: Path) -> Recording | None:
        if written is None:
            return None
        fields: dict[str, Text | None] = {}
        for name, text in written.fields.items():
            here = (*at, "fields", name)
            if text is not None:
                fields[name] = self._replies.text(text, names, at=here)
            elif any(name in _group(names, group) for group in ("form", "captured")):
                fields[name] = None
            else:
                known = {**_group(names, "form"), **_group(names, "captured")}
                hint = no_such("step or capture", name, known)
                self._source.add(f'{hint}; or write {{{name}: "{{{{ … }}}}"}}', at=here)
        return Recording(kind=written.kind, fields=fields)

    def _call(
        self, written: schema.CallAction | None, names: Names, *, place: str, at: Path
    ) -> Calling | None:
        if written is None:
            return None
        if self._extensions is not None:
            known = {**self._extensions.actions, **self._extensions.tasks}
            if written.name not in known:
                self._source.add(no_such("function", written.name, known), at=at)
            elif written.on_error and written.name in self._extensions.actions:
                text = '"on_error" is for tasks: this function runs within the turn'
                self._source.add(text, at=(*at, "on_error"), key=True)
        return Calling(
            name=written.name,
            arguments=self._texts(written.with_, names, at=(*at, "with")),
            on_error=self._on_error(written.on_error, place=called(place), at=at),
        )

    def _http(
        self, written: schema.HttpAction | None, names: Names, *, place: str, at: Path
    ) -> Asking | None:
        if written is None:
            return None
        if written.timeout > LONGEST_TIMEOUT:
            seconds = LONGEST_TIMEOUT.total_seconds()
            self._source.add(f"expected at most {seconds:.0f}s", at=(*at, "timeout"))
        return Asking(
            url=written.url,
            timeout=written.timeout,
            arguments=self._texts(written.with_, names, at=(*at, "with")),
            on_error=self._on_error(written.on_error, place=place, at=at),
        )

    def _on_error(self, written: schema.Outcome | None, *, place: str, at: Path) -> Actions | None:
        # It comes later, when the message is no longer at hand; and from a place of its own, so
        # that what is asked there does not fail into itself.
        on_error = self.actions(
            written, self._scopes.contact, place=f"{place}.on_error", at=(*at, "on_error")
        )
        if on_error:
            self.on_errors[place] = on_error
        return on_error

    def _texts(self, written: Mapping[str, str], names: Names, *, at: Path) -> dict[str, Text]:
        compiled = {
            name: self._replies.text(text, names, at=(*at, name)) for name, text in written.items()
        }
        return {name: text for name, text in compiled.items() if text is not None}


def _group(names: Names, name: str) -> Mapping[str, object]:
    group = names.get(name)
    return group if isinstance(group, Mapping) else {}
