"""The registry: how each kind of effect is performed."""

from collections.abc import Mapping

from bot.effects import EffectKind
from bot.performing import alerts, asking, devices, media, messages
from bot.performing.desk import Action

ACTIONS: Mapping[EffectKind, Action] = {
    # Gateways keep media for days, and an outage of theirs may last for hours.
    EffectKind.FETCH_MEDIA: Action(perform=media.fetch_media, give_up=media.give_up, tries=60),
    # A status waits for the id that it names.
    EffectKind.LOOK_UP: Action(perform=messages.look_up, tries=60, longest_wait=15),
    # What a contact is shown in the meantime is of use only in the meantime.
    EffectKind.MARK_READ: Action(perform=messages.mark_read, tries=3, useful_for=60),
    EffectKind.SHOW_TYPING: Action(perform=messages.show_typing, tries=1, useful_for=10),
    EffectKind.CALL_HUMAN: Action(perform=messages.call_human),
    EffectKind.REPORT_DEVICE: Action(perform=devices.report_device, tries=2),
    EffectKind.RESTART_DEVICE: Action(perform=devices.restart_device, tries=3, useful_for=3600),
    # A contact waits for what comes back.
    EffectKind.ASK_ADDRESS: Action(
        perform=asking.ask_address,
        give_up=asking.give_up,
        tries=4,
        longest_wait=asking.LONGEST_WAIT,
        useful_for=asking.USEFUL_FOR.total_seconds(),
    ),
    EffectKind.RUN_TASK: Action(
        perform=asking.run_task,
        give_up=asking.give_up,
        tries=3,
        counts_waits=False,
        longest_wait=asking.LONGEST_WAIT,
        useful_for=asking.USEFUL_FOR.total_seconds(),
    ),
    # Nobody waits: what is told of may be away for hours.
    EffectKind.TELL_LISTENER: Action(perform=asking.tell_listener, tries=100, counts_waits=False),
    # No device may be healthy for hours; the age ends it.
    EffectKind.ALERT: Action(perform=alerts.tell, tries=100, longest_wait=3600),
}
