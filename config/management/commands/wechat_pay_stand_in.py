"""`manage.py wechat_pay_stand_in`: WeChat Pay's part of paying, for a trial without it."""

import contextlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.stand_ins import wechat_pay


class Command(BaseCommand):
    help = "Speak the protocol of WeChat Pay v3 on this machine, for trials."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8091)
        parser.add_argument("--product", default="http://127.0.0.1:8000")

    def handle(self, *args: Any, **options: Any) -> None:
        app_id = settings.WECHAT_APP_ID or "wx-trial"
        stand_in = wechat_pay.WechatPayStandIn(app_id=app_id)
        try:
            made = wechat_pay.server(stand_in, port=options["port"])
        except OSError as error:
            raise CommandError(f"port {options['port']} cannot be used: {error}") from error
        folder = Path(settings.VAR_DIR) / "wechat_pay"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "apiclient_key.pem").write_bytes(stand_in.merchant_key)
        (folder / "pub_key.pem").write_bytes(stand_in.platform_key)
        address = f"http://127.0.0.1:{made.server_address[1]}"
        values = {
            "PAYMENT_PROVIDER": "wechat",
            "WECHAT_APP_ID": app_id,
            "WECHAT_PAY_BASE": address,
            "WECHAT_PAY_MERCHANT": stand_in.merchant,
            "WECHAT_PAY_SERIAL": stand_in.serial,
            "WECHAT_PAY_KEY_FILE": folder / "apiclient_key.pem",
            "WECHAT_PAY_API_KEY": stand_in.api_key,
            "WECHAT_PAY_PLATFORM_SERIAL": wechat_pay.PLATFORM_SERIAL,
            "WECHAT_PAY_PLATFORM_KEY_FILE": folder / "pub_key.pem",
            "WECHAT_PAY_NOTIFY_URL": f"{options['product']}/payments/wechat/notify/",
        }
        self.stdout.write(f"WeChat Pay stand-in at {address} (ctrl-C ends it).")
        self.stdout.write("Start the product with")
        for name, value in values.items():
            self.stdout.write(f"  {name}={value}")
        self.stdout.write("and pay, as a person would, with")
        self.stdout.write(f'  curl -d \'{{"out_trade_no": "R…"}}\' {address}/stand-in/pay')
        with made, contextlib.suppress(KeyboardInterrupt):
            made.serve_forever()
