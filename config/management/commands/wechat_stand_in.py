"""`manage.py wechat_stand_in`: WeChat's part of signing in, for a trial without WeChat."""

import contextlib
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.stand_ins import wechat

_TRIAL_APP_ID, _TRIAL_SECRET = "wx-trial", "trial-secret"


class Command(BaseCommand):
    help = "Speak WeChat's sign-in protocol on this machine, for trials."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8090)

    def handle(self, *args: Any, **options: Any) -> None:
        app_id = settings.WECHAT_APP_ID or _TRIAL_APP_ID
        secret = settings.WECHAT_APP_SECRET or _TRIAL_SECRET
        try:
            made = wechat.server(wechat.WechatStandIn(app_id, secret), port=options["port"])
        except OSError as error:
            raise CommandError(f"port {options['port']} cannot be used: {error}") from error
        address = f"http://127.0.0.1:{made.server_address[1]}"
        self.stdout.write(f"WeChat stand-in at {address} (ctrl-C ends it). Start the product with")
        self.stdout.write("  WECHAT_CLIENT=members.services.wechat_client.HttpClient")
        self.stdout.write(f"  WECHAT_API_BASE={address}")
        self.stdout.write(f"  WECHAT_APP_ID={app_id}")
        if secret == _TRIAL_SECRET:
            self.stdout.write(f"  WECHAT_APP_SECRET={secret}")
        self.stdout.write("and get codes, as the mini-program would, from")
        self.stdout.write(f'  curl -d \'{{"openid": "o-lin"}}\' {address}/stand-in/login-codes')
        phone = '{"phone": "13800138000"}'
        self.stdout.write(f"  curl -d '{phone}' {address}/stand-in/phone-codes")
        with made, contextlib.suppress(KeyboardInterrupt):
            made.serve_forever()
