"""Where on the page each map is described."""

from collections.abc import Mapping

from pydantic import BaseModel

from bot.rules import schema
from bot.rules.schema import says
from bot.rules.schema.actions import Choice

ANCHORS: Mapping[type[BaseModel], str] = {
    says.Button: "buttons",
    says.Listing: "list",
    says.Location: "location",
    says.Media: "media",
    says.Row: "rows",
    says.Section: "sections",
    says.Template: "template",
    schema.CallAction: "call",
    schema.Condition: "if",
    schema.Done: "done",
    schema.Expect: "expect",
    schema.Handover: "handover",
    schema.Happened: "event",
    schema.Happening: "a-turn",
    schema.HttpAction: "http",
    schema.LoopGuard: "loop_guard",
    schema.Match: "match",
    schema.Notify: "notify",
    schema.Outcome: "what-is-said-and-done",
    schema.Record: "record",
    schema.Sent: "send",
    schema.Step: "steps",
    schema.Takeover: "takeover",
    schema.Told: "handovernotify",
    schema.Variant: "reply",
    Choice: "random",
}
