"""`apportion init`: the first configuration of a company, and what an editor needs to check it."""

from apportion.onboarding.command import init

__all__ = ["init"]
