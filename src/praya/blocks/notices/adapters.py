"""The channels that the settings choose, and a fake one for demonstrations, which sends nothing."""

from dataclasses import dataclass

from django.conf import settings

from praya.blocks.notices.channels.email import Smtp
from praya.blocks.notices.channels.message import Channel, Message, Outcome
from praya.blocks.notices.channels.sms import SmsGateway
from praya.kernel.outbox.api import ChannelDown


class FakeChannel:
    """The fake channel: it sends nothing. In a demonstration the message viewer displays the messages."""

    def send(self, message: Message) -> Outcome:
        """Do nothing."""
        return "kept"


@dataclass(frozen=True, slots=True)
class NotConfigured:
    """A channel without settings in production: messages wait until it is configured."""

    channel: str

    def send(self, message: Message) -> Outcome:
        """Raise ChannelDown."""
        raise ChannelDown(f"{self.channel}_not_configured")


def channel(name: str) -> Channel:
    """The channel that the settings choose for `email` or `sms`."""
    chosen = settings.PRAYA
    if name == "email" and chosen.smtp_host:
        return Smtp()
    if name == "sms" and chosen.sms_url:
        return SmsGateway(chosen.sms_url, chosen.sms_token.get_secret_value() if chosen.sms_token else None)
    return NotConfigured(name) if chosen.mode == "production" else FakeChannel()
