from .encrypted import EncryptedChar, EncryptedText
