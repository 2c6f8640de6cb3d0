"""The refusal of a request of the protocol, by the codes of RFC 6749 and OpenID Connect."""

from collections.abc import Mapping


class ProtocolError(Exception):
    """A request is refused: an error code, and a sentence for the integrator without personal data.

    `status` is that of an endpoint's answer. `headers` are added to it, such as a challenge.
    """

    def __init__(
        self, code: str, sentence: str, *, status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code, self.sentence, self.status, self.headers = code, sentence, status, dict(headers or {})
