"""E-mail addresses, by which persons and officers are known. Pure."""

from praya.kernel import reading


class NotAnAddress(ValueError):
    """The text is not an e-mail address that can receive mail (RFC 5321); `code` gives the reason, as for an answer."""

    def __init__(self, code: str = "not_an_email") -> None:
        super().__init__("not an e-mail address")
        self.code = code


def address(typed: str) -> str:
    """The canonical form of an e-mail address: trimmed, half-width, lower case. Raises NotAnAddress.

    It is ASCII, with other domains in their encoded form (IDNA): look-alike letters of other alphabets would let one
    person's address match another's (CVE-2019-19844).
    """
    try:
        return reading.email_address(typed).lower()
    except reading.NotAnAddress as wrong:
        raise NotAnAddress(wrong.code) from None
    except reading.NotText:
        raise NotAnAddress("control_character") from None
