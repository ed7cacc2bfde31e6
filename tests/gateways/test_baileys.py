"""Raw Baileys messages, where one payload file for each would say too little."""

from typing import Any

import pytest

from bot.events import Button, MessageType
from bot.gateways.rijan.baileys import READERS, read_content
from bot.gateways.rijan.baileys_parts import SYSTEM_PARTS, WRAPPERS

TEXT = {"conversation": "halo"}
# What wraps a message without changing what it is.
WRAPPED = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "deviceSentMessage",
    "lottieStickerMessage",
    "groupMentionedMessage",
    "groupStatusMessage",
    "groupStatusMessageV2",
    "associatedChildMessage",
    "botInvokeMessage",
    "botTaskMessage",
    "botForwardedMessage",
    "pollCreationMessageV4",
    "pollCreationOptionImageMessage",
    "eventCoverImage",
    "limitSharingMessage",
    "questionMessage",
    "statusAddYours",
    "statusMentionMessage",
    "groupStatusMentionMessage",
)
CONTENTS: tuple[tuple[str, object, MessageType], ...] = (
    ("conversation", "halo", MessageType.TEXT),
    ("extendedTextMessage", {"text": "halo"}, MessageType.TEXT),
    ("imageMessage", {}, MessageType.IMAGE),
    ("videoMessage", {}, MessageType.VIDEO),
    ("ptvMessage", {}, MessageType.VIDEO),
    ("audioMessage", {}, MessageType.AUDIO),
    ("documentMessage", {}, MessageType.DOCUMENT),
    ("stickerMessage", {}, MessageType.STICKER),
    ("locationMessage", {}, MessageType.LOCATION),
    ("liveLocationMessage", {}, MessageType.LOCATION),
    ("contactMessage", {}, MessageType.CONTACTS),
    ("contactsArrayMessage", {}, MessageType.CONTACTS),
    ("buttonsResponseMessage", {"selectedButtonId": "a"}, MessageType.BUTTON),
    ("templateButtonReplyMessage", {"selectedId": "a"}, MessageType.BUTTON),
    (
        "listResponseMessage",
        {"singleSelectReply": {"selectedRowId": "a"}},
        MessageType.BUTTON,
    ),
    ("interactiveResponseMessage", {}, MessageType.FORM),
    ("pollCreationMessage", {}, MessageType.POLL),
    ("pollCreationMessageV2", {}, MessageType.POLL),
    ("pollCreationMessageV3", {}, MessageType.POLL),
    ("pollCreationMessageV5", {}, MessageType.POLL),
    ("pollUpdateMessage", {}, MessageType.POLL),
    ("orderMessage", {}, MessageType.ORDER),
    ("reactionMessage", {"text": "👍"}, MessageType.REACTION),
    ("encReactionMessage", {}, MessageType.REACTION),
    ("protocolMessage", {"type": "REVOKE"}, MessageType.REVOKE),
    ("buttonsMessage", {"contentText": "halo"}, MessageType.TEXT),
    ("listMessage", {"description": "halo"}, MessageType.TEXT),
    ("interactiveMessage", {"body": {"text": "halo"}}, MessageType.TEXT),
    ("templateMessage", {}, MessageType.TEXT),
)
SYSTEM = (
    "senderKeyDistributionMessage",
    "messageContextInfo",
    "pinInChatMessage",
    "keepInChatMessage",
    "albumMessage",
    "call",
    "bcallMessage",
    "callLogMesssage",
    "scheduledCallCreationMessage",
    "scheduledCallEditMessage",
    "secretEncryptedMessage",
    "encEventResponseMessage",
    "messageHistoryBundle",
    "messageHistoryNotice",
    "stickerSyncRmrMessage",
    "placeholderMessage",
)


@pytest.mark.parametrize("wrapper", WRAPPED)
def test_looks_into_every_wrapper(wrapper: str) -> None:
    content = read_content({wrapper: {"message": TEXT}})
    assert (content.type, content.text) == (MessageType.TEXT, "halo")


@pytest.mark.parametrize(("name", "part", "type_"), CONTENTS)
def test_knows_every_kind_of_content(name: str, part: object, type_: MessageType) -> None:
    assert read_content({name: part}).type is type_


@pytest.mark.parametrize("name", SYSTEM)
def test_takes_what_clients_tell_each_other_for_system(name: str) -> None:
    content = read_content({name: {}})
    assert (content.type, content.details) == (MessageType.SYSTEM, {"change": name})


def test_tries_all_that_it_knows() -> None:
    assert {*WRAPPED, "editedMessage"} == set(WRAPPERS)
    assert {name for name, _, _ in CONTENTS} == set(READERS)
    assert set(SYSTEM) == SYSTEM_PARTS


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("inside", [{}, {"message": None}, {"message": []}, {"message": "x"}])
def test_takes_an_empty_wrapper_for_undecrypted(wrapper: str, inside: dict[str, Any]) -> None:
    assert read_content({wrapper: inside}).type is MessageType.UNSUPPORTED


def test_takes_whatever_an_edit_wraps_for_an_edit() -> None:
    content = read_content({"editedMessage": {"message": TEXT}})
    assert (content.type, content.text) == (MessageType.EDIT, "halo")


def test_prefers_content_to_a_wrapper_beside_it() -> None:
    assert read_content({"ephemeralMessage": {}, **TEXT}).text == "halo"


def test_passes_over_a_field_that_is_there_and_empty() -> None:
    content = read_content({"conversation": "", "imageMessage": {"caption": "foto"}})
    assert (content.type, content.text) == (MessageType.IMAGE, "foto")


def test_keeps_an_empty_text_a_text() -> None:
    assert read_content({"conversation": ""}).type is MessageType.TEXT


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("odd", ["x", 0, 1.5, True, [], [1], {"contextInfo": 1}, {"key": []}])
def test_reads_any_content_of_the_wrong_type(name: str, odd: object) -> None:
    content = read_content({name: odd})
    assert content.type in MessageType
    assert isinstance(content.text, str)


@pytest.mark.parametrize("stub", [None, "", "2", "CIPHERTEXT"])
def test_takes_a_missing_message_for_unsupported(stub: str | None) -> None:
    assert read_content(None, stub=stub).type is MessageType.UNSUPPORTED


@pytest.mark.parametrize("stub", ["27", "GROUP_PARTICIPANT_ADD"])
def test_takes_a_line_that_the_client_wrote_for_system(stub: str) -> None:
    assert read_content(None, stub=stub).type is MessageType.SYSTEM


@pytest.mark.parametrize("response", [{}, {"selectedIndex": 1}, {"selectedButtonId": ""}])
def test_takes_a_choice_of_nothing_for_unsupported(response: dict[str, Any]) -> None:
    assert read_content({"buttonsResponseMessage": response}).type is MessageType.UNSUPPORTED


def test_names_a_button_by_its_title_where_it_has_no_id() -> None:
    content = read_content({"templateButtonReplyMessage": {"selectedDisplayText": "Setuju"}})
    assert content.button == Button(id="Setuju", title="Setuju")


@pytest.mark.parametrize("answers", ["", "{", "[1]", '"x"', "[" * 5000, None, 7])
def test_reads_a_form_whose_answers_are_no_object(answers: object) -> None:
    response = {"nativeFlowResponseMessage": {"name": "flow", "paramsJson": answers}}
    content = read_content({"interactiveResponseMessage": response})
    assert content.type is MessageType.FORM
    assert content.details["answers"] == {}


@pytest.mark.parametrize("digest", ["", "é", "AAEC", "not base64!", None, {"type": "Buffer"}])
def test_gives_no_digest_that_is_none(digest: object) -> None:
    content = read_content({"imageMessage": {"fileSha256": digest}})
    assert content.media is not None
    assert content.media.sha256 is None


@pytest.mark.parametrize(
    ("length", "size"),
    [("20480", 20480), (20480, 20480), ("-1", None), ("9" * 30, None), ("x", None)],
)
def test_reads_the_size_of_a_file(length: object, size: int | None) -> None:
    content = read_content({"documentMessage": {"fileLength": length}})
    assert content.media is not None
    assert content.media.size == size


def test_says_why_media_cannot_be_fetched() -> None:
    content = read_content({"imageMessage": {"url": "https://media.contoh.invalid/x.enc"}})
    assert content.media is not None
    assert content.media.problem
    assert "contoh" not in repr(content.media)


def test_keeps_a_message_of_an_unknown_kind_by_its_name() -> None:
    content = read_content({"messageContextInfo": {}, "hologramMessage": {"text": "x"}})
    assert content.type is MessageType.UNSUPPORTED
    assert content.details == {"name": "hologramMessage"}


def test_shows_no_words_of_a_person() -> None:
    message = {
        "buttonsResponseMessage": {"selectedButtonId": "b", "selectedDisplayText": "rahasia"}
    }
    assert "rahasia" not in repr(read_content(message))
