"""HTTP and WebSockets. A socket is accepted only from our own pages (S1) and for a signed-in session."""

from __future__ import annotations

import gc
import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
http = get_asgi_application()

from django.urls import path  # noqa: E402 - the consumers need the loaded apps

from annotation.consumers import ImageConsumer  # noqa: E402
from annotation.lobby import LobbyConsumer  # noqa: E402
from annotation.views.tile_lane import TileLane  # noqa: E402
from webapp.origins import OwnOriginOnly  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": TileLane(http),
        "websocket": OwnOriginOnly(
            AuthMiddlewareStack(
                URLRouter(
                    [
                        path("ws/images/<uuid:image_id>/", ImageConsumer.as_asgi()),
                        path("ws/projects/<uuid:project_id>/", LobbyConsumer.as_asgi()),
                        path("ws/me/", LobbyConsumer.as_asgi()),
                    ]
                )
            )
        ),
    }
)

# What is loaded by now stays for good: looking at it again and again took a third of the time of opening an image with
# 20,000 cells. Answers of that size leave hardly any cycles behind, so that the collector may also come more seldom.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 100)
