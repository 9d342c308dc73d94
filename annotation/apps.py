from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed


class AnnotationConfig(AppConfig):
    name = "annotation"

    def ready(self) -> None:
        """Sign-ins are written down, whichever way somebody signs in."""
        from annotation.actions.audit import on_sign_in, on_sign_in_failed, on_sign_out

        user_logged_in.connect(on_sign_in)
        user_logged_out.connect(on_sign_out)
        user_login_failed.connect(on_sign_in_failed)
