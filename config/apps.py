from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The composition root; an app only so that its management commands are found."""

    name = "config"
