"""Secrets as they are stored: encrypted by the key of the settings."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from deploy.settings import Settings
from processors.errors import InvalidInput

HOW = "set WIKITALLY_SECRET_KEY; `wikitally webhooks key` makes one"


class NoKey(InvalidInput):
    """There is no key, or none that fits."""


def new_key() -> str:
    """A key for WIKITALLY_SECRET_KEY."""
    return Fernet.generate_key().decode()


class Vault:
    """Encrypts by the first of its keys, decrypts by all of them.

    Raises:
        InvalidInput: a key is none.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None
        except ValueError:
            raise InvalidInput(f"a key for secrets is none: {HOW}") from None

    @classmethod
    def of(cls, settings: Settings) -> Vault:
        """With the keys of the settings."""
        given = settings.secret_key.get_secret_value() if settings.secret_key else ""
        return cls([key.strip() for key in given.split(",") if key.strip()])

    def encrypted(self, secret: str) -> str:
        """
        Raises:
            NoKey: there is no key.
        """
        if self._fernet is None:
            raise NoKey(f"without a key no secret is kept: {HOW}")
        return self._fernet.encrypt(secret.encode()).decode()

    def decrypted(self, text: str) -> str:
        """
        Raises:
            NoKey: no key fits.
        """
        try:
            if self._fernet is not None:
                return self._fernet.decrypt(text.encode()).decode()
        except InvalidToken:
            pass
        raise NoKey(f"no key decrypts a secret that is stored: {HOW}")
