"""What messages say, to whom, and what they keep to themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson

from processors.alerts.alerts import Alert, AlertKind, AlertState, Step
from processors.alerts.changes import AlertChange
from processors.alerts.notices import Notice
from processors.alerts.payloads import example, notice_text, notices, payload, read_notice, webhook_id
from processors.alerts.subscriptions import Format, Subscribed, Subscription, SubscriptionState
from processors.privacy.pseudonyms import Masks
from processors.programs.program import Program, Session, Visibility

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TAGGED = Step(AlertState.TAGGED, NOW, "e1", "Sysop", 70, "Category:Speedy deletion")
DELETED = Step(AlertState.DELETED, NOW + timedelta(hours=1), "e2", "Sysop")
ALERT = Alert("wir", "a" * 32, AlertKind.SPEEDY, "fr.wikipedia.org", "Marie Curie", ("Ada", "Bob"), (TAGGED, DELETED))
CHANGE = AlertChange(ALERT, (TAGGED, DELETED))


def told(masks: Masks = Masks(), alert: Alert = ALERT) -> list[Notice]:  # noqa: B008 - a frozen value
    return list(notices(AlertChange(alert, alert.steps), "Women in Red", "https://tally.example/", masks))


def test_each_step_is_a_message_of_its_own_with_the_state_that_it_led_to() -> None:
    tagged, deleted = told()
    assert (tagged.type, deleted.type) == ("alert.tagged", "alert.deleted")
    assert tagged.opened_at == deleted.opened_at == NOW
    assert tagged.message_id != deleted.message_id
    assert tagged.page_url == "https://fr.wikipedia.org/wiki/Marie_Curie"
    assert tagged.diff_url == "https://fr.wikipedia.org/wiki/Special:Diff/70"
    assert tagged.board_url == "https://tally.example/programs/wir"


def test_a_repetition_has_the_same_ids_and_another_subscription_others() -> None:
    first, again = told()[0], told()[0]
    assert webhook_id("s1", first) == webhook_id("s1", again)
    assert webhook_id("s1", first) != webhook_id("s2", first)
    assert "." not in webhook_id("s1", first)


def test_the_payload_is_small_and_versioned() -> None:
    body = payload(told()[0])
    assert len(body) < 1000
    assert orjson.loads(body) == {
        "type": "alert.tagged",
        "timestamp": "2026-11-25T12:00:00.000Z",
        "data": {
            "version": 1,
            "program": "wir",
            "alert_id": "a" * 32,
            "kind": "speedy",
            "state": "tagged",
            "wiki": "fr.wikipedia.org",
            "title": "Marie Curie",
            "url": "https://fr.wikipedia.org/wiki/Marie_Curie",
            "users": ["Ada", "Bob"],
            "revision": 70,
            "detail": "Category:Speedy deletion",
            "opened_at": "2026-11-25T12:00:00.000Z",
            "board_url": "https://tally.example/programs/wir",
        },
    }


def test_hidden_participants_have_pseudonyms_and_no_title_or_text_names_them() -> None:
    masks = Masks({"Ada": "Participant 1"})
    draft = replace(ALERT, title="User:Ada/Draft", steps=(replace(TAGGED, detail="Ada wrote it"),))
    (notice,) = told(masks, draft)
    assert notice.users == ("Participant 1", "Bob")
    assert b"Ada" not in notice_text(notice).encode() + payload(notice)
    assert told(masks)[0].title == "Marie Curie"


def test_a_revision_of_a_hidden_participant_is_not_pointed_at() -> None:
    masks = Masks({"Ada": "Participant 1"})
    reverted = replace(ALERT, kind=AlertKind.REVERTED, users=("Ada",), steps=(replace(TAGGED, detail="rv"),))
    (notice,) = told(masks, reverted)
    assert (notice.rev_id, notice.diff_url, notice.detail) == (0, "", "")
    assert told(Masks(), reverted)[0].rev_id == 70


def test_nobody_is_named_once_a_program_hides_everybody() -> None:
    (tagged, _) = told(Masks(everyone=True))
    assert tagged.users == ("Contributor",)
    assert tagged.detail == ""


def test_a_notice_is_stored_and_read_back_as_it_was() -> None:
    for notice in (*told(), example("s", "wir", NOW)):
        assert read_notice(notice_text(notice)) == notice


PROGRAM = Program("wir", "WiR", sessions=(Session(NOW, NOW + timedelta(hours=3)),), wikis=("*",), campaigns=("autumn",))


def subscription(name: str, program: str = "", campaign: str = "", *kinds: AlertKind) -> Subscription:
    return Subscription(name, program, campaign, frozenset(kinds), Format.STANDARD, "https://x.example/", NOW)


def test_who_subscribed_to_a_program_a_campaign_or_everything_is_told() -> None:
    one, two, everything = subscription("1", "wir"), subscription("2", campaign="autumn"), subscription("3")
    other, ended = subscription("4", "other"), replace(subscription("5"), state=SubscriptionState.ENDED)
    told = Subscribed([one, two, everything, other, ended]).of(PROGRAM, AlertKind.SPEEDY)
    assert list(told) == [one, two, everything]


def test_of_a_private_program_only_those_hear_who_named_it() -> None:
    one = subscription("1", "wir")
    private = replace(PROGRAM, visibility=Visibility.PRIVATE)
    told = Subscribed([one, subscription("2", campaign="autumn"), subscription("3")]).of(private, AlertKind.SPEEDY)
    assert list(told) == [one]


def test_kinds_that_nobody_asked_for_are_not_told() -> None:
    one = subscription("1", "wir", "", AlertKind.DELETED)
    assert list(Subscribed([one]).of(PROGRAM, AlertKind.SPEEDY)) == []
    assert list(Subscribed([one]).of(PROGRAM, AlertKind.DELETED)) == [one]
