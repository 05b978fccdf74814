"""The same application for an ASGI server; the site itself is served over WSGI."""

from django.core.asgi import get_asgi_application

from wallet_project import env

env.start()
application = get_asgi_application()
